// images: ELF files that are mapped, or were, and the lock of ld.so.
#ifndef MSCOPE_IMAGES_IMAGES_H
#define MSCOPE_IMAGES_IMAGES_H

#include "base/base.h"

// ---- images.c
/// Functions to call when code is unloaded. Set once; before that no image is looked at.
struct mscope_code_users {
    /// The image at [start, end] was unloaded. Returns when the newest stack with a frame in it was first seen; 0:
    /// none.
    uint64_t (*forget)(uint64_t start, uint64_t end, uint64_t image);
    /// Calls `visit` for each stack of live blocks that has a frame in an unloaded image.
    void (*visit_orphans)(void (*visit)(const struct mscope_site *site));
};
extern MSCOPE_HIDDEN const struct mscope_code_users *mscope_code_users;
struct mscope_unwind_table {
    uint64_t start, end;   // the addresses that the table describes
    const uint8_t *header; // .eh_frame_hdr
};
MSCOPE_HIDDEN bool mscope_find_unwind_table(uint64_t pc, struct mscope_unwind_table *out);
/// Whether an address lies in the executable part of an image.
MSCOPE_HIDDEN bool mscope_is_executable(uint64_t address);
/// A hash of name, layout and build id of the image that is mapped at `pc` now; 0: no image is.
MSCOPE_HIDDEN uint64_t mscope_image_identity(uint64_t pc);
MSCOPE_HIDDEN void mscope_images_after_fork(void);
/// Whether this thread holds the lock of the table of images.
MSCOPE_HIDDEN bool mscope_has_image_lock(int32_t thread);

// ---- paths.c
/// Writes the path of the file that is mapped at an address; false, and "", when it is not known. Any context.
MSCOPE_HIDDEN bool mscope_mapped_path(uint64_t address, char *path);
/// Writes the path of the image that begins at `start` and that ld.so knows as `name`: an absolute path, or only the
/// file's name when no more is known, or "". Any context.
MSCOPE_HIDDEN void mscope_image_path(uint64_t start, const char *name, char *path);

// ---- loaderlock.c
/// Whether the calling thread can take ld.so's lock; the answer "no" takes up to a fifth of a second.
MSCOPE_HIDDEN bool mscope_can_take_loader_lock(void);
/// The calling thread ends the process and holds ld.so's lock, or may hold it: no other thread will get the lock any
/// more.
MSCOPE_HIDDEN void mscope_do_without_loader_lock(void);
MSCOPE_HIDDEN void mscope_loader_lock_after_fork(void);

#endif
