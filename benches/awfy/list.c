#include "harness.h"

typedef struct Element { int value; struct Element *next; } Element;

static int length(const Element *list) { return list->next ? 1 + length(list->next) : 1; }

static Element *make_list(int count) {
    if (count == 0) return NULL;
    Element *list = malloc(sizeof(Element));
    list->value = count;
    list->next = make_list(count - 1);
    return list;
}

static void drop(Element *list) {
    while (list) {
        Element *next = list->next;
        free(list);
        list = next;
    }
}

static bool is_shorter(const Element *x, const Element *y) {
    for (; y; x = x->next, y = y->next) {
        if (!x) return true;
    }
    return false;
}

static Element *tail(Element *x, Element *y, Element *z) {
    if (!is_shorter(y, x)) return z;
    return tail(tail(x->next, y, z), tail(y->next, z, x), tail(z->next, x, y));
}

static int list(void) {
    Element *x = make_list(15), *y = make_list(10), *z = make_list(6);
    int result = length(tail(x, y, z));
    drop(x);
    drop(y);
    drop(z);
    return result;
}

RUN("list", list())
