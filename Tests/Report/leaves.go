// Leaves in the way that its argument names, having lost ten blocks of 1000 bytes and kept two of 3000.
package main

/*
#include <stdlib.h>
static __attribute__((noinline)) void lose_blocks(void) {
	for (int i = 0; i < 10; i++) *(volatile char *)malloc(1000) = 1;
}
static __attribute__((noinline)) void wipe_stack(void) {
	volatile char space[16384];
	for (int i = 0; i < 16384; i++) space[i] = 0;
}
static void lose(void) { lose_blocks(); wipe_stack(); }
*/
import "C"

import (
	"fmt"
	"os"
	"sync"
	"unsafe"
)

var kept = C.malloc(3000)

func main() {
	C.lose()
	local := C.malloc(3000)
	fmt.Println("said")
	switch os.Args[1] {
	case "panic":
		panic("as asked")
	case "many":
		var group sync.WaitGroup
		for i := 0; i < 100; i++ {
			group.Add(1)
			go func() {
				group.Done()
				group.Wait()
				os.Exit(7)
			}()
		}
		select {}
	case "exit":
		os.Exit(7)
	}
	fmt.Println(kept != nil, uintptr(unsafe.Pointer(local)) != 0)
}
