// Blocks that hold each other: directly lost blocks, and blocks that a lost block holds.
#include "cases.h"

static void chain(void)
{
    struct cases_node *head = NULL;
    for (int i = 0; i < 10; i++) head = cases_node_new(head, NULL);
    cases_show(head);
}

static struct cases_node *tree_of(int depth)
{
    if (depth == 0) return NULL;
    return cases_node_new(tree_of(depth - 1), tree_of(depth - 1));
}

static void tree(void)
{
    cases_show(tree_of(4));
}

static struct cases_node *ring_of(int count, void *payload)
{
    struct cases_node *first = cases_node_new(NULL, payload);
    struct cases_node *last = first;
    for (int i = 1; i < count; i++) last = last->next = cases_node_new(NULL, NULL);
    last->next = first;
    return first;
}

static void ring(void)
{
    cases_show(ring_of(3, NULL));
}

static void self_loop(void)
{
    cases_show(ring_of(1, NULL));
}

static void ring_behind_lead(void)
{
    cases_show(cases_node_new(ring_of(4, NULL), NULL));
}

static void ring_holds_ring(void)
{
    cases_show(ring_of(2, ring_of(3, NULL)));
}

/// Two lost blocks hold a third one, which is lost once.
static void shared_leaf(void)
{
    struct cases_node *leaf = cases_node_new(NULL, NULL);
    cases_show(cases_node_new(leaf, NULL));
    cases_show(cases_node_new(leaf, NULL));
}

static void by_interior_pointer(void)
{
    cases_show(cases_node_new(NULL, (char *)filled(640) + 333));
}

/// The chain is cut in its middle: the second half has lost its holder.
static void cut_chain(void)
{
    struct cases_node *tail = cases_node_new(cases_node_new(NULL, NULL), NULL);
    struct cases_node *head = cases_node_new(cases_node_new(tail, NULL), NULL);
    head->next->next = NULL;
    cases_show(head);
    cases_show(tail);
}

const struct leak_case shape_cases[] = {
    {"chain", chain},
    {"tree", tree},
    {"ring", ring},
    {"self-loop", self_loop},
    {"ring-behind-lead", ring_behind_lead},
    {"ring-holds-ring", ring_holds_ring},
    {"shared-leaf", shared_leaf},
    {"by-interior-pointer", by_interior_pointer},
    {"cut-chain", cut_chain},
    {NULL, NULL},
};
