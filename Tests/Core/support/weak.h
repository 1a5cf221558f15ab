// Included first when a test program gets the core by preload only: the program then links
// without it, and can be started without it for comparison.
#ifndef CORE_TESTS_WEAK_H
#define CORE_TESTS_WEAK_H

#ifdef __cplusplus
extern "C" {
#endif
#include "CMemscope.h"
#ifdef __cplusplus
}
#endif

#pragma weak mscope_mode
#pragma weak mscope_set_mode
#pragma weak mscope_sample_interval
#pragma weak mscope_set_sample_interval
#pragma weak mscope_is_active
#pragma weak mscope_thread_mark_internal
#pragma weak mscope_thread_set_internal
#pragma weak mscope_close_in_child
#pragma weak mscope_forget_descriptor
#pragma weak mscope_fork_generation
#pragma weak mscope_now
#pragma weak mscope_allocator_name
#pragma weak mscope_allocator_held_bytes
#pragma weak mscope_read_totals
#pragma weak mscope_read_sites
#pragma weak mscope_read_site
#pragma weak mscope_walk_begin
#pragma weak mscope_walk_next
#pragma weak mscope_walk_end
#pragma weak mscope_find_block
#pragma weak mscope_read_threads
#pragma weak mscope_refresh_images
#pragma weak mscope_read_images
#pragma weak mscope_set_event_interval
#pragma weak mscope_drain_events
#pragma weak mscope_watch_block
#pragma weak mscope_stop_watching
#pragma weak mscope_read_watched
#pragma weak mscope_tick
#pragma weak mscope_read_memory
#pragma weak mscope_scan_take
#pragma weak mscope_scan_release
#pragma weak mscope_scan_origin
#pragma weak mscope_read_errors
#pragma weak mscope_error_count
#pragma weak mscope_read_check_totals
#pragma weak mscope_check_heap

#endif
