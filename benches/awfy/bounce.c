#include "harness.h"

enum { BALLS = 100, STEPS = 50, LIMIT = 500 };

typedef struct { int x, y, x_velocity, y_velocity; } Ball;

static bool step(Ball *ball) {
    ball->x += ball->x_velocity;
    ball->y += ball->y_velocity;
    bool bounced = false;
    if (ball->x > LIMIT) { ball->x = LIMIT; ball->x_velocity = -abs(ball->x_velocity); bounced = true; }
    if (ball->x < 0) { ball->x = 0; ball->x_velocity = abs(ball->x_velocity); bounced = true; }
    if (ball->y > LIMIT) { ball->y = LIMIT; ball->y_velocity = -abs(ball->y_velocity); bounced = true; }
    if (ball->y < 0) { ball->y = 0; ball->y_velocity = abs(ball->y_velocity); bounced = true; }
    return bounced;
}

static int bounce(void) {
    int seed = 74755;
    Ball *balls[BALLS];
    for (int i = 0; i < BALLS; i++) {
        Ball *ball = balls[i] = malloc(sizeof(Ball));
        ball->x = next_random(&seed) % LIMIT;
        ball->y = next_random(&seed) % LIMIT;
        ball->x_velocity = next_random(&seed) % 300 - 150;
        ball->y_velocity = next_random(&seed) % 300 - 150;
    }
    int bounces = 0;
    for (int i = 0; i < STEPS; i++) {
        for (int j = 0; j < BALLS; j++) bounces += step(balls[j]);
    }
    for (int i = 0; i < BALLS; i++) free(balls[i]);
    return bounces;
}

RUN("bounce", bounce())
