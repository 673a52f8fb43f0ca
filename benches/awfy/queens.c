#include "harness.h"

static bool free_rows[8], free_sums[16], free_differences[16];
static int rows[8];

static bool is_free(int row, int column) {
    return free_rows[row] && free_sums[column + row] && free_differences[column - row + 7];
}

static void occupy(int row, int column, bool free) {
    free_rows[row] = free;
    free_sums[column + row] = free;
    free_differences[column - row + 7] = free;
}

static bool place(int column) {
    for (int row = 0; row < 8; row++) {
        if (is_free(row, column)) {
            rows[row] = column;
            occupy(row, column, false);
            if (column == 7 || place(column + 1)) return true;
            occupy(row, column, true);
        }
    }
    return false;
}

static const char *queens(void) {
    bool placed = true;
    for (int i = 0; i < 10; i++) {
        memset(free_rows, true, sizeof free_rows);
        memset(free_sums, true, sizeof free_sums);
        memset(free_differences, true, sizeof free_differences);
        memset(rows, 0xff, sizeof rows);
        placed = placed && place(0);
    }
    return placed ? "true" : "false";
}

int main(int argc, char **argv) {
    int times = argc > 1 ? atoi(argv[1]) : 1;
    const char *shown = queens();
    for (int i = 1; i < times; i++) {
        if (queens() != shown) return 1;
    }
    printf("queens: %s\n", shown);
    return 0;
}
