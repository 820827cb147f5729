// NVIDIA's libraries, looked for when the program starts instead of when it is linked: one program for machines with and
// without them.
//
// candle asks its bindings to link the libraries, and a program linked so does not start where one is missing, not even to
// compute on the processor. So every function that the bindings call is defined here, as a jump to where the real one was
// found. The linker then needs the libraries for nothing, and leaves them out. Where one is missing its functions answer an
// error, so that asking for a GPU fails in words.
//
// build.rs writes functions.h from functions.txt: FUNCTIONS(F) is F(library, function) for each.

#include <dlfcn.h>
#include <stddef.h>

#include "functions.h"

// CUDA_ERROR_STUB_LIBRARY; every other library reads it as some error too.
enum { STUB_LIBRARY = 34 };

static int missing(void) { return STUB_LIBRARY; }

#define SLOT(library, function) \
    __attribute__((used)) static void *slot_##function = (void *)missing;
FUNCTIONS(SLOT)

// A jump leaves arguments and stack as they are, so that nothing needs to be known of a function but its name.
#define JUMP(library, function)                                        \
    __asm__(".text\n.globl " #function "\n.hidden " #function          \
            "\n.type " #function ", @function\n" #function             \
            ":\n\tjmp *slot_" #function "(%rip)\n.size " #function     \
            ", .-" #function "\n");
FUNCTIONS(JUMP)

static void *open_first(const char *const names[]) {
    void *library = NULL;
    for (size_t i = 0; !library && names[i]; i++) library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    return library;
}

// Before every other constructor: those of compiled kernels register themselves with cudart.
__attribute__((constructor(101))) static void find_libraries(void) {
    void *cuda = open_first((const char *const[]){"libcuda.so.1", NULL});
    if (!cuda) return;
    void *cudart = open_first((const char *const[]){"libcudart.so.13", "libcudart.so.12", NULL});
    void *cublas = open_first((const char *const[]){"libcublas.so.13", "libcublas.so.12", NULL});
    void *cublasLt = open_first((const char *const[]){"libcublasLt.so.13", "libcublasLt.so.12", NULL});
    void *curand = open_first((const char *const[]){"libcurand.so.10", NULL});
    void *nvrtc = open_first((const char *const[]){"libnvrtc.so.13", "libnvrtc.so.12", NULL});
    void *found;
#define FIND(library, function) \
    if (library && (found = dlsym(library, #function))) slot_##function = found;
    FUNCTIONS(FIND)
}
