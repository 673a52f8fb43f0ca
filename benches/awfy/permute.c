#include "harness.h"

static int elements[6], count;

static void swap(int i, int j) {
    int element = elements[i];
    elements[i] = elements[j];
    elements[j] = element;
}

static void permute(int n) {
    count++;
    if (n == 0) return;
    int last = n - 1;
    permute(last);
    for (int i = last; i >= 0; i--) {
        swap(last, i);
        permute(last);
        swap(last, i);
    }
}

static int run(void) {
    for (int i = 0; i < 6; i++) elements[i] = i;
    count = 0;
    permute(6);
    return count;
}

RUN("permute", run())
