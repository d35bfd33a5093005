/* A call into a shared library that does nothing. */
#ifndef EMPTY_H
#define EMPTY_H

int matchport_bench_empty(void *first, void *second);

#endif
