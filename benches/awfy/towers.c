#include "harness.h"

enum { DISKS = 13 };

typedef struct Disk { int size; struct Disk *next; } Disk;

static Disk *piles[3];
static int moves;

static void push(Disk *disk, int pile) {
    Disk *top = piles[pile];
    if (top && disk->size >= top->size) abort();
    disk->next = top;
    piles[pile] = disk;
}

static Disk *pop(int pile) {
    Disk *top = piles[pile];
    if (!top) abort();
    piles[pile] = top->next;
    top->next = NULL;
    return top;
}

static void move_disks(int disks, int from, int to) {
    if (disks == 1) {
        push(pop(from), to);
        moves++;
        return;
    }
    int other = 3 - from - to;
    move_disks(disks - 1, from, other);
    move_disks(1, from, to);
    move_disks(disks - 1, other, to);
}

static int towers(void) {
    memset(piles, 0, sizeof piles);
    moves = 0;
    for (int size = DISKS; size >= 0; size--) {
        Disk *disk = malloc(sizeof(Disk));
        disk->size = size;
        push(disk, 0);
    }
    move_disks(DISKS, 0, 1);
    for (int pile = 0; pile < 3; pile++) {
        while (piles[pile]) free(pop(pile));
    }
    return moves;
}

RUN("towers", towers())
