// What the Swift victims use of C libraries.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
