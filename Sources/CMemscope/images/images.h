// images: ELF files that are, and were, mapped, and ld.so's lock on them.
#ifndef MSCOPE_IMAGES_IMAGES_H
#define MSCOPE_IMAGES_IMAGES_H

#include "base/base.h"

// ---- images.c
/// Who has to know of code that is unloaded; set once, before which no image is looked at.
struct mscope_code_users {
    /// An image at [start, end] is gone. When the newest stack through it was first seen; 0: there is none.
    uint64_t (*forget)(uint64_t start, uint64_t end, uint64_t image);
    /// Calls `visit` for each stack of live blocks through an image that was unloaded.
    void (*visit_orphans)(void (*visit)(const struct mscope_site *site));
};
extern MSCOPE_HIDDEN const struct mscope_code_users *mscope_code_users;
struct mscope_unwind_table {
    uint64_t start, end;   // addresses it speaks for
    const uint8_t *header; // .eh_frame_hdr
};
MSCOPE_HIDDEN bool mscope_find_unwind_table(uint64_t pc, struct mscope_unwind_table *out);
/// Whether an address lies in what an image has to be executed.
MSCOPE_HIDDEN bool mscope_is_executable(uint64_t address);
/// A hash of name, layout and build id of the image that is mapped at `pc` now; 0 when none is.
MSCOPE_HIDDEN uint64_t mscope_image_identity(uint64_t pc);
MSCOPE_HIDDEN void mscope_images_after_fork(void);
/// Whether a thread has the list of images to itself.
MSCOPE_HIDDEN bool mscope_is_imaging(int32_t thread);

// ---- paths.c
/// Writes which file is mapped at an address; false, and "", when that is not known. Any context.
MSCOPE_HIDDEN bool mscope_mapped_path(uint64_t address, char *path);
/// Writes the path of the image that begins at `start` and that ld.so knows as `name`: absolute, or a file's name alone
/// when no more is known, or "". Any context.
MSCOPE_HIDDEN void mscope_image_path(uint64_t start, const char *name, char *path);

// ---- loaderlock.c
/// Whether ld.so's lock can be had; it takes up to a fifth of a second to say no.
MSCOPE_HIDDEN bool mscope_may_iterate(void);
/// The calling thread has the lock, or may have it, and ends the process: nobody else gets it any more.
MSCOPE_HIDDEN void mscope_lose_loader_lock(void);
MSCOPE_HIDDEN void mscope_loader_lock_after_fork(void);

#endif
