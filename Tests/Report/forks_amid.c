// Forks children, one after another, while another thread loads and unloads a library (the argument). Prints how many
// ended correctly.
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 20 };

static atomic_bool over;

static void *load(void *path) {
    while (!atomic_load(&over)) {
        void *library = dlopen(path, RTLD_NOW);
        if (library != NULL) dlclose(library);
    }
    return NULL;
}

int main(int count, char **arguments) {
    pthread_t thread;
    int right = 0;
    if (count < 2) return 1;
    pthread_create(&thread, NULL, load, arguments[1]);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0) _exit(3);
        int status = 0;
        waitpid(child, &status, 0);
        right += WIFEXITED(status) && WEXITSTATUS(status) == 3;
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    printf("%d\n", right);
    return 0;
}
