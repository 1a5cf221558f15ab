// What threads hold while they live, and lose when they end.
#include "cases.h"

#include "../../Core/support/limits.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static _Thread_local void *local;
static pthread_key_t key, freeing;

static void run_thread(void *(*body)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, NULL) != 0) abort();
    pthread_join(thread, NULL);
}

static void start_thread(void *(*body)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, NULL) != 0) abort();
    pthread_detach(thread);
    usleep(50 * 1000);
}

static void *lose(void *unused)
{
    filled(101);
    cases_clobber();
    return unused;
}

static void lost_by_thread(void)
{
    run_thread(lose);
}

static void lost_by_many(void)
{
    for (int i = 0; i < 20; i++) run_thread(lose);
}

static void *lose_local(void *unused)
{
    local = filled(102);
    cases_clobber();
    return unused;
}

static void lost_with_local(void)
{
    run_thread(lose_local);
}

static void *lose_specific(void *unused)
{
    pthread_setspecific(key, filled(103));
    cases_clobber();
    return unused;
}

static void lost_with_specific(void)
{
    pthread_key_create(&key, NULL);
    run_thread(lose_specific);
}

static void *exit_early(void *unused)
{
    void *volatile held = filled(104);
    cases_show(held);
    held = NULL;
    cases_clobber();
    pthread_exit(unused);
}

static void lost_by_exit(void)
{
    run_thread(exit_early);
}

/// The value that a thread returned lies in what `pthread_join` would have handed out.
static void *give(void *unused)
{
    (void)unused;
    return filled(105);
}

static void not_joined(void)
{
    static pthread_t thread;
    if (pthread_create(&thread, NULL, give, NULL) != 0) abort();
    usleep(50 * 1000);
}

static void *use_specific(void *unused)
{
    pthread_setspecific(freeing, filled(106));
    return unused;
}

static void freed_by_destructor(void)
{
    pthread_key_create(&freeing, free);
    for (int i = 0; i < 10; i++) run_thread(use_specific);
}

static void main_local(void)
{
    local = filled(107);
    pthread_key_create(&key, NULL);
    pthread_setspecific(key, filled(108));
}

static void *wait_with_local(void *unused)
{
    local = filled(109);
    pthread_setspecific(key, filled(110));
    cases_clobber();
    for (;;) pause();
    return unused;
}

static void waiting_thread(void)
{
    pthread_key_create(&key, NULL);
    start_thread(wait_with_local);
}

static void *make(void)
{
    return cases_node_new(NULL, filled(111));
}

static void in_read(void)
{
    cases_block_in_read(make);
}

static void in_sleep(void)
{
    cases_block_in_sleep(make);
}

static void spinning(void)
{
    cases_spin(make);
}

static void *churn(void *unused)
{
    for (int i = 0; i < 1000; i++) free(filled(64));
    return unused;
}

static void many_threads(void)
{
    for (int i = 0; i < 50; i++) run_thread(churn);
}

// ---- more threads than MemScope has room for, which is 8,192

enum { CROWD = 9000, CROWD_STACK = 32 * 1024, CROWD_LOSES = 10 };
static struct cases_node *crowd_nodes[CROWD];
static void *crowd_blocks[CROWD];
static sem_t crowd_waits, crowd_gate;

static void await(sem_t *semaphore, int count)
{
    for (int i = 0; i < count; i++)
        while (sem_wait(semaphore) != 0) continue;
}

/// The first have room and the last have none: each frees a block of the others.
static void *stay(void *place)
{
    int i = (int)((struct cases_node **)place - crowd_nodes);
    crowd_nodes[i] = cases_node_new(NULL, NULL);
    crowd_blocks[i] = filled(114);
    sem_post(&crowd_waits);
    await(&crowd_gate, 1);
    free(crowd_blocks[(i + CROWD / 2) % CROWD]);
    crowd_blocks[(i + CROWD / 2) % CROWD] = NULL;
    sem_post(&crowd_waits);
    for (;;) pause();
    return place;
}

static void start_crowd(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, CROWD_STACK);
    for (int i = 0; i < CROWD; i++) {
        pthread_t thread;
        int error = pthread_create(&thread, &attributes, stay, &crowd_nodes[i]);
        if (error == 0) continue;
        fprintf(stderr, "thread %d of %d was not started: %s; %s\n", i + 1, CROWD, strerror(error), thread_limits());
        exit(1);
    }
}

/// The last ones' nodes are not known: what they lead to is held all the same, and what nothing leads to is lost.
static void lost_beside_crowd(void)
{
    sem_init(&crowd_waits, 0, 0);
    sem_init(&crowd_gate, 0, 0);
    start_crowd();
    await(&crowd_waits, CROWD);
    for (int i = 0; i < CROWD; i++) sem_post(&crowd_gate);
    await(&crowd_waits, CROWD);
    for (int i = 0; i < CROWD; i++) crowd_nodes[i]->payload = filled(112);
    for (int i = 0; i < CROWD_LOSES; i++) filled(113);
}

const struct leak_case thread_cases[] = {
    {"lost-by-thread", lost_by_thread},
    {"lost-by-twenty-threads", lost_by_many},
    {"lost-with-thread-local", lost_with_local},
    {"lost-with-thread-specific", lost_with_specific},
    {"lost-by-pthread-exit", lost_by_exit},
    {"lost-beside-crowd", lost_beside_crowd},
    {"clean-not-joined", not_joined},
    {"clean-freed-by-destructor", freed_by_destructor},
    {"clean-main-thread-local", main_local},
    {"clean-waiting-thread", waiting_thread},
    {"clean-register-in-read", in_read},
    {"clean-stack-in-sleep", in_sleep},
    {"clean-register-of-running-thread", spinning},
    {"clean-many-threads", many_threads},
    {NULL, NULL},
};
