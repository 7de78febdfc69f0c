// Many slow streams from one thread: opens them, reads them to their end, and says how each ended.
//   client steady PORT STREAMS SECONDS            each stream once, read to its end
//   client churn PORT STREAMS SECONDS SEED        clients come and leave at random, for SECONDS
//   client slow PORT BYTES_PER_SECOND SECONDS     one client that reads slowly
//   client json PORT COUNT                        COUNT short requests, one after the other, to warm up
// Lines on stdout begin with `open` (all streams have had an event), `progress` or `end`; the rest is key=value.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kHead = 4096, kTail = 512, kTick = 10 };
enum Phase { kWaiting, kConnecting, kReadingHead, kReadingBody, kFinished };
enum Part { kSize, kExtension, kSizeEnd, kData, kDataEnd, kTrailers };

typedef struct {
  int fd;
  enum Phase phase;
  uint64_t at;       // kWaiting: when it begins
  uint64_t leavesAt; // when the client leaves, 0 for never
  uint64_t began;
  int status, fromFaulty, chunked, events;
  long left; // of a body with a length; -1 for none
  enum Part part;
  long size;
  int lineBytes;
  char head[kHead];
  int headBytes;
  char tail[kTail]; // the last bytes of the payload
  int tailBytes;
} Stream;

static int port, epollFD;
static Stream *streams;
static int streamCount, churns;
static uint64_t deadline, seed = 1, started, active, openPeak, longest;
// How streams ended. `faulty` are those of the engine that misbehaves; `lost` ended early without saying so.
static uint64_t completed, left, events, errorEventsFaulty, cutFaulty, statusFaulty;
static uint64_t errorEvents, lost, refused, badStatus;
static int withFirstEvent, saidOpen;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

// xorshift64*: the same seed gives the same clients.
static uint64_t pick(uint64_t bound) {
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (seed * 2685821657736338717ull >> 11) % bound;
}

static int request(char *buffer, int room, int isStream) {
  char body[512];
  int length = snprintf(
      body, sizeof body,
      "{\"model\":\"MoM\",\"messages\":[{\"role\":\"user\",\"content\":\"Please explain topic %d of economics in a few "
      "sentences.\"}],\"max_tokens\":256%s}",
      (int)pick(1000), isStream ? ",\"stream\":true" : "");
  return snprintf(
      buffer, room,
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
      "Content-Length: %d\r\n\r\n%s",
      port, length, body);
}

static int dial(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  if (fd < 0) return -1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (void *)&address, sizeof address) && errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  return fd;
}

static void again(Stream *s) {
  if (s->fd >= 0) {
    close(s->fd);
    s->fd = -1;
    active--;
  }
  uint64_t t = now();
  s->phase = churns && t < deadline ? kWaiting : kFinished;
  s->at = t + pick(500) * 1000000ull;
}

static void begin(Stream *s) {
  s->fd = dial();
  if (s->fd < 0) {
    refused++;
    return again(s);
  }
  active++;
  started++;
  if (active > openPeak) openPeak = active;
  s->began = now();
  s->phase = kConnecting;
  s->status = s->fromFaulty = s->chunked = s->events = s->headBytes = s->tailBytes = s->lineBytes = 0;
  s->left = -1;
  s->size = 0;
  s->part = kSize;
  // Two of five clients leave before their answer ends.
  s->leavesAt = churns && pick(5) < 2 ? s->began + pick(20000) * 1000000ull : 0;
  struct epoll_event e = {.events = EPOLLOUT, .data.ptr = s};
  epoll_ctl(epollFD, EPOLL_CTL_ADD, s->fd, &e);
}

static int endsWith(Stream *s, const char *text) {
  int n = strlen(text);
  return s->tailBytes >= n && !memcmp(s->tail + s->tailBytes - n, text, n);
}

// The answer has ended as HTTP has it.
static void ended(Stream *s) {
  s->tail[s->tailBytes] = 0;
  uint64_t took = (now() - s->began) / 1000000;
  if (took > longest) longest = took;
  if (s->status != 200) {
    if (s->fromFaulty) statusFaulty++; else badStatus++;
  } else if (endsWith(s, "data: [DONE]\n\n")) {
    completed++;
  } else if (strstr(s->tail, "data: {\"error\"")) {
    if (s->fromFaulty) errorEventsFaulty++; else errorEvents++;
  } else if (s->fromFaulty) {
    cutFaulty++;
  } else {
    lost++;
  }
  again(s);
}

// The connection has ended before the answer.
static void broke(Stream *s) {
  if (s->phase == kReadingBody && s->fromFaulty) cutFaulty++;
  else if (s->phase == kConnecting) refused++;
  else lost++;
  again(s);
}

static void keep(Stream *s, const char *bytes, int n) {
  for (const char *p = bytes; (p = memmem(p, bytes + n - p, "data: ", 6)); p += 6) {
    events++;
    if (s->events++ == 0 && ++withFirstEvent == streamCount && !saidOpen && !churns) {
      saidOpen = 1;
      printf("open streams=%d\n", streamCount);
    }
  }
  if (n >= kTail - 1) {
    bytes += n - (kTail - 1);
    n = kTail - 1;
  }
  int excess = s->tailBytes + n - (kTail - 1);
  if (excess > 0) {
    memmove(s->tail, s->tail + excess, s->tailBytes - excess);
    s->tailBytes -= excess;
  }
  memcpy(s->tail + s->tailBytes, bytes, n);
  s->tailBytes += n;
}

// Takes bytes of a body; whether the answer ended with them.
static int body(Stream *s, const char *p, int n) {
  if (!s->chunked) {
    keep(s, p, n);
    if (s->left >= 0 && (s->left -= n) <= 0) return 1;
    return 0;
  }
  while (n > 0) {
    char c = *p;
    switch (s->part) {
    case kSize:
      if (c == '\r') s->part = kSizeEnd;
      else if (c == ';') s->part = kExtension;
      else s->size = s->size * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
      p++, n--;
      break;
    case kExtension:
      if (c == '\r') s->part = kSizeEnd;
      p++, n--;
      break;
    case kSizeEnd:
      s->part = s->size ? kData : kTrailers;
      s->lineBytes = 0;
      p++, n--;
      break;
    case kData: {
      int take = n < s->size ? n : (int)s->size;
      keep(s, p, take);
      p += take, n -= take;
      if (!(s->size -= take)) s->part = kDataEnd, s->lineBytes = 0;
      break;
    }
    case kDataEnd:
      if (++s->lineBytes == 2) s->part = kSize;
      p++, n--;
      break;
    case kTrailers:
      if (c == '\n') {
        if (s->lineBytes <= 1) return 1;
        s->lineBytes = 0;
      } else {
        s->lineBytes++;
      }
      p++, n--;
      break;
    }
  }
  return 0;
}

static void received(Stream *s, const char *bytes, int n) {
  if (s->phase == kReadingHead) {
    int before = s->headBytes;
    int take = n < kHead - 1 - before ? n : kHead - 1 - before;
    memcpy(s->head + before, bytes, take);
    s->headBytes += take;
    s->head[s->headBytes] = 0;
    char *end = strstr(s->head, "\r\n\r\n");
    if (!end) {
      if (s->headBytes == kHead - 1) broke(s);
      return;
    }
    int used = (int)(end - s->head) + 4 - before;
    *end = 0;
    s->status = atoi(s->head + 9);
    s->fromFaulty = strcasestr(s->head, "\r\nx-inference-pod: faulty") != NULL;
    s->chunked = strcasestr(s->head, "\r\ntransfer-encoding: chunked") != NULL;
    char *length = strcasestr(s->head, "\r\ncontent-length:");
    if (length) s->left = atol(length + 17);
    s->phase = kReadingBody;
    bytes += used;
    n -= used;
    if (s->left == 0 && !s->chunked) return ended(s);
  }
  if (n > 0 && body(s, bytes, n)) ended(s);
}

static void handle(Stream *s, uint32_t what) {
  static char buffer[1 << 18];
  if (s->fd < 0) return;
  if (s->phase == kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error || (what & EPOLLERR)) return broke(s);
    int length = request(buffer, sizeof buffer, 1);
    if (send(s->fd, buffer, length, MSG_NOSIGNAL) != length) return broke(s);
    s->phase = kReadingHead;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
    epoll_ctl(epollFD, EPOLL_CTL_MOD, s->fd, &e);
    return;
  }
  ssize_t n = recv(s->fd, buffer, sizeof buffer, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return broke(s);
  received(s, buffer, (int)n);
}

static void report(const char *word, uint64_t from) {
  printf(
      "%s seconds=%llu started=%llu active=%llu completed=%llu left=%llu events=%llu error_events_faulty=%llu "
      "cut_faulty=%llu status_faulty=%llu error_events=%llu lost=%llu refused=%llu bad_status=%llu longest_ms=%llu\n",
      word, (unsigned long long)(now() - from) / 1000000000ull, (unsigned long long)started,
      (unsigned long long)active, (unsigned long long)completed, (unsigned long long)left,
      (unsigned long long)events, (unsigned long long)errorEventsFaulty, (unsigned long long)cutFaulty,
      (unsigned long long)statusFaulty, (unsigned long long)errorEvents, (unsigned long long)lost,
      (unsigned long long)refused, (unsigned long long)badStatus, (unsigned long long)longest);
}

static int many(double seconds) {
  uint64_t from = now(), nextReport = from + 10000000000ull;
  deadline = from + (uint64_t)(seconds * 1e9);
  // Streams that run when the time is over may end, within a minute.
  uint64_t last = deadline + 60000000000ull;
  epollFD = epoll_create1(0);
  streams = calloc(streamCount, sizeof *streams);
  for (int i = 0; i < streamCount; i++) {
    streams[i].fd = -1;
    streams[i].at = from + (uint64_t)i * 1000000ull; // a thousand a second
  }
  for (;;) {
    struct epoll_event ready[256];
    int count = epoll_wait(epollFD, ready, 256, kTick);
    for (int i = 0; i < count; i++) handle(ready[i].data.ptr, ready[i].events);
    uint64_t t = now();
    static uint64_t ticked;
    if (t - ticked < kTick * 1000000ull) continue;
    ticked = t;
    int running = 0;
    for (int i = 0; i < streamCount; i++) {
      Stream *s = streams + i;
      if (s->phase == kWaiting && s->at <= t) {
        if (t < deadline) begin(s); else s->phase = kFinished;
      } else if (s->fd >= 0 && s->leavesAt && s->leavesAt <= t) {
        left++;
        again(s);
      }
      running += s->phase != kFinished;
    }
    if (t >= nextReport) {
      report("progress", from);
      nextReport += 10000000000ull;
    }
    if (!running || t > last) break;
  }
  for (int i = 0; i < streamCount; i++) lost += streams[i].fd >= 0;
  report("end", from);
  return 0;
}

static int slow(double rate, double seconds) {
  char text[4096];
  int fd = socket(AF_INET, SOCK_STREAM, 0), room = 64 << 10;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (void *)&address, sizeof address)) return perror("connect"), 1;
  int length = request(text, sizeof text, 1);
  if (send(fd, text, length, MSG_NOSIGNAL) != length) return perror("send"), 1;
  uint64_t from = now(), bytes = 0;
  while (now() - from < seconds * 1e9) {
    uint64_t due = (uint64_t)(rate * ((now() - from) / 1e9));
    while (bytes < due) {
      ssize_t n = recv(fd, text, due - bytes < sizeof text ? due - bytes : sizeof text, 0);
      if (n <= 0) {
        printf("end bytes=%llu lost=1\n", (unsigned long long)bytes);
        return 1;
      }
      bytes += n;
    }
    usleep(20000);
  }
  close(fd);
  printf("end bytes=%llu lost=0\n", (unsigned long long)bytes);
  return 0;
}

static int warm(int count) {
  char text[1 << 16];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < count; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&address, sizeof address)) return perror("connect"), 1;
    int length = request(text, sizeof text, 0);
    if (send(fd, text, length, MSG_NOSIGNAL) != length || recv(fd, text, sizeof text, 0) <= 0) return perror("json"), 1;
    close(fd);
  }
  printf("end requests=%d\n", count);
  return 0;
}

int main(int count, char **arguments) {
  if (count < 4) return fprintf(stderr, "usage: client steady|churn|slow|json PORT ... (see the source)\n"), 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  const char *mode = arguments[1];
  port = atoi(arguments[2]);
  if (!strcmp(mode, "json")) return warm(atoi(arguments[3]));
  if (count < 5) return fprintf(stderr, "client: %s needs one more argument\n", mode), 2;
  if (!strcmp(mode, "slow")) return slow(atof(arguments[3]), atof(arguments[4]));
  streamCount = atoi(arguments[3]);
  churns = !strcmp(mode, "churn");
  if (count > 5) seed = strtoull(arguments[5], NULL, 10) | 1;
  return many(atof(arguments[4]));
}
