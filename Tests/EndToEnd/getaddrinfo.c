// Name servers of the tests' own, to be preloaded: "engine.test" is this machine's loopback address, and while the file
// that NAMES_DOWN names is there, no name of "test" is answered for within 8 s. All other names are the system's.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
  int (*system)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
  size_t length = node ? strlen(node) : 0;
  if (length > 5 && !strcmp(node + length - 5, ".test")) {
    const char *down = getenv("NAMES_DOWN");
    if (down && !access(down, F_OK)) {
      sleep(8);
      return EAI_AGAIN;
    }
    if (strcmp(node, "engine.test")) return EAI_NONAME;
    node = "127.0.0.1";
  }
  return system(node, service, hints, list);
}
