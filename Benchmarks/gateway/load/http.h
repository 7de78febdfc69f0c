// What the load generator and the stub engine share: the time, and where a header's value begins. Both trust their
// peer: they run against each other and against proxies under test, never against strangers.
#ifndef GATEWAY_BENCHMARK_HTTP_H
#define GATEWAY_BENCHMARK_HTTP_H

#include <string.h>
#include <time.h>

/// Nanoseconds of the monotonic clock.
static inline unsigned long long now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/// The value of a header in a head that ends in NUL, or NULL; `name` is given as "\r\nname:".
static inline char *header_value(char *head, const char *name) {
  char *at = strcasestr(head, name);
  if (!at) return NULL;
  at += strlen(name);
  while (*at == ' ' || *at == '\t') at++;
  return at;
}

#endif
