// The load generator: CONNECTIONS clients that each send a chat request, read the whole answer and send the next one,
// for SECONDS. One thread, epoll, keep-alive.
//
//   load PORT CONNECTIONS SECONDS BODY_FILE [FIRST_NUMBER]
//
// With FIRST_NUMBER no two requests have the same prompt: every run of eight '@' in the body is filled anew for each
// request, the first with its number, the others with words. The length stays, so the cost of sending does too.
// Prints one JSON object; times in microseconds. Latency runs from the request's first byte sent to the answer's last
// byte read; `ttfb` to the first byte of the answer's body. `cpu_us` is the generator's own CPU time.
#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_LATENCIES = 8 << 20, MOST_SLOTS = 16, SLOT = 8, LONGEST_HEAD = 16 << 10, MOST_CONNECTIONS = 4096 };

/// How the end of an answer's body is found.
enum framing { LENGTH, CHUNKED, UNTIL_CLOSE };
enum chunk_part { SIZE_LINE, DATA, DATA_END, TRAILER };

struct client {
  int file;           // -1 when not connected
  int busy;           // a request is under way
  int length;         // of the request
  int sent;           // bytes of the request
  int in_body;        // the head was read
  int close_after;    // the server closes after this answer
  int status;
  enum framing framing;
  long left;          // LENGTH: bytes of body to come; CHUNKED: of this chunk
  enum chunk_part part;
  int line_length;    // of the chunk's size line or trailer line read so far
  char line[32];
  long body_bytes;    // the answer's body, without its framing
  unsigned long long begin, first;
  int head_length;
  char head[LONGEST_HEAD];
  char *request;      // its own copy where requests differ, else the common one
};

static struct sockaddr_in address;
static int poller;
static char *common;
static int common_length;
static int slots[MOST_SLOTS], slot_count, vary;
static unsigned long long number;
static unsigned *latencies, *first_bytes;
static long answered, errors, reconnects;
static long least_body = -1, most_body = -1;

static const char *const words[32] = {
  "analysis", "bacteria", "calculus", "contract", "currency", "database", "electron", "fraction",
  "genetics", "gradient", "hydrogen", "identity", "integral", "keyboard", "language", "magnetic",
  "medicine", "molecule", "monarchy", "momentum", "neuronal", "offshore", "particle", "patience",
  "platelet", "quantity", "republic", "software", "symphony", "triangle", "velocity", "warranty",
};

/// Fills the slots of a request with its number and with words that the number picks.
static void fill(char *request) {
  char digits[SLOT + 1];
  snprintf(digits, sizeof digits, "%08llu", number % 100000000);
  memcpy(request + slots[0], digits, SLOT);
  unsigned long long mixed = number++ * 0x9e3779b97f4a7c15ull;
  mixed ^= mixed >> 29;
  for (int i = 1; i < slot_count; i++) {
    memcpy(request + slots[i], words[mixed % 32], SLOT);
    mixed = mixed >> 5 | mixed << 59;
  }
}

static void watch(struct client *client, int change, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  epoll_ctl(poller, change, client->file, &event);
}

/// Returns 0, or -1 when the server does not take the connection.
static int connect_client(struct client *client) {
  int one = 1;
  client->busy = 0;
  client->file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client->file < 0) return -1;
  if (connect(client->file, (struct sockaddr *)&address, sizeof address)) {
    close(client->file);
    client->file = -1;
    return -1;
  }
  setsockopt(client->file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(client->file, F_SETFL, O_NONBLOCK);
  watch(client, EPOLL_CTL_ADD, EPOLLIN);
  return 0;
}

static void reconnect(struct client *client) {
  close(client->file);
  reconnects++;
  connect_client(client);
}

/// Sends what the socket takes; the rest waits until it can be written to.
static void send_some(struct client *client) {
  int was_waiting = client->sent > 0;
  int count = send(client->file, client->request + client->sent, client->length - client->sent, MSG_NOSIGNAL);
  if (count < 0 && errno == EAGAIN) count = 0;
  if (count < 0) {
    errors++;
    reconnect(client);
    return;
  }
  client->sent += count;
  if (client->sent < client->length) watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  else if (was_waiting) watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

static void start_request(struct client *client) {
  if (client->file < 0 && connect_client(client)) {
    errors++;
    return;
  }
  if (vary) fill(client->request);
  client->busy = 1;
  client->sent = client->in_body = client->head_length = client->close_after = 0;
  client->body_bytes = 0;
  client->first = 0;
  client->begin = now_ns();
  send_some(client);
}

static void finish_request(struct client *client) {
  unsigned long long end = now_ns();
  client->busy = 0;
  if (client->status != 200) {
    errors++;
  } else if (answered < MOST_LATENCIES) {
    latencies[answered] = (end - client->begin) / 1000;
    first_bytes[answered++] = (client->first - client->begin) / 1000;
    if (least_body < 0 || client->body_bytes < least_body) least_body = client->body_bytes;
    if (client->body_bytes > most_body) most_body = client->body_bytes;
  }
  if (client->close_after) reconnect(client);
}

/// Reads the head when it is whole. Returns the bytes of `data` that belong to it, or -1 when more must come.
static int read_head(struct client *client, const char *data, int count) {
  int room = LONGEST_HEAD - 1 - client->head_length, before = client->head_length;
  int taken = count < room ? count : room;
  memcpy(client->head + before, data, taken);
  client->head_length += taken;
  client->head[client->head_length] = 0;
  char *end = strstr(client->head, "\r\n\r\n");
  if (!end) return -1;
  int used = end + 4 - client->head - before;
  *end = 0;
  client->in_body = 1;
  client->status = atoi(client->head + sizeof "HTTP/1.1");
  client->framing = UNTIL_CLOSE;
  char *value = header_value(client->head, "\r\ncontent-length:");
  if (value) {
    client->framing = LENGTH;
    client->left = atol(value);
  }
  value = header_value(client->head, "\r\ntransfer-encoding:");
  if (value && !strncasecmp(value, "chunked", 7)) {
    client->framing = CHUNKED;
    client->part = SIZE_LINE;
    client->line_length = 0;
  }
  value = header_value(client->head, "\r\nconnection:");
  client->close_after = value && !strncasecmp(value, "close", 5);
  return used;
}

/// Reads a piece of a chunked body. Returns 1 when the body has ended.
static int read_chunks(struct client *client, const char *data, int count) {
  while (count > 0) {
    int used = count;
    if (client->part == DATA) {
      if (used > client->left) used = client->left;
      client->left -= used;
      client->body_bytes += used;
      if (!client->left) client->part = DATA_END;
    } else {
      const char *feed = memchr(data, '\n', count);
      if (feed) used = feed + 1 - data;
      for (int i = 0; i < used; i++)
        if (data[i] != '\r' && data[i] != '\n' && client->line_length < (int)sizeof client->line - 1)
          client->line[client->line_length++] = data[i];
      if (feed) {
        int length = client->line_length;
        client->line[length] = 0;
        client->line_length = 0;
        if (client->part == DATA_END) {
          client->part = SIZE_LINE;
        } else if (client->part == SIZE_LINE) {
          client->left = strtol(client->line, NULL, 16);
          client->part = client->left ? DATA : TRAILER;
        } else if (!length) {
          return 1;
        }
      }
    }
    data += used;
    count -= used;
  }
  return 0;
}

/// Reads a piece of an answer. Returns 1 when the answer has ended.
static int read_answer(struct client *client, const char *data, int count) {
  if (!client->in_body) {
    int used = read_head(client, data, count);
    if (used < 0) return 0;
    data += used;
    count -= used;
  }
  if (count > 0 && !client->first) client->first = now_ns();
  if (client->framing == CHUNKED) return read_chunks(client, data, count);
  client->body_bytes += count;
  if (client->framing == UNTIL_CLOSE) return 0;
  client->left -= count;
  if (client->left <= 0 && !client->first) client->first = now_ns();
  return client->left <= 0;
}

static int ascending(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return x < y ? -1 : x > y;
}

static unsigned quantile(const unsigned *sorted, double share) {
  return answered ? sorted[(long)(share * (answered - 1))] : 0;
}

/// Reads the body's file and puts a request's head before it. Returns 0, or -1 when the file cannot be used.
static int prepare(const char *path, int port) {
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  fseek(file, 0, SEEK_END);
  long length = ftell(file);
  rewind(file);
  common = malloc(length + 512);
  int head = sprintf(
    common,
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer sk-1234\r\nAccept: */*\r\nContent-Length: %ld\r\n\r\n",
    port, length);
  if (fread(common + head, 1, length, file) != (size_t)length) return -1;
  fclose(file);
  common_length = head + length;
  for (int i = head; vary && i + SLOT <= common_length && slot_count < MOST_SLOTS; i++)
    if (!memcmp(common + i, "@@@@@@@@", SLOT)) {
      slots[slot_count++] = i;
      i += SLOT - 1;
    }
  return vary && !slot_count ? -1 : 0;
}

int main(int count, char **arguments) {
  if (count < 5) {
    fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS BODY_FILE [FIRST_NUMBER]\n");
    return 2;
  }
  int port = atoi(arguments[1]), connections = atoi(arguments[2]);
  double seconds = atof(arguments[3]);
  vary = count > 5;
  if (vary) number = strtoull(arguments[5], NULL, 10);
  if (prepare(arguments[4], port) || connections < 1 || connections > MOST_CONNECTIONS) {
    fprintf(stderr, "load: %s is not a readable body%s, or not 1 to %d connections\n", arguments[4],
            vary ? " with @@@@@@@@ in it" : "", MOST_CONNECTIONS);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  latencies = malloc(MOST_LATENCIES * sizeof *latencies);
  first_bytes = malloc(MOST_LATENCIES * sizeof *first_bytes);
  poller = epoll_create1(EPOLL_CLOEXEC);
  struct client *clients = calloc(connections, sizeof *clients);
  for (int i = 0; i < connections; i++) {
    clients[i].length = common_length;
    clients[i].request = common;
    if (vary) clients[i].request = memcpy(malloc(common_length), common, common_length);
    if (connect_client(&clients[i])) {
      fprintf(stderr, "load: port %d does not take a connection: %s\n", port, strerror(errno));
      return 1;
    }
  }
  static char buffer[256 << 10];
  unsigned long long begin = now_ns(), end = begin + (unsigned long long)(seconds * 1e9);
  unsigned long long give_up = end + 5000000000ull, last = begin;
  for (int i = 0; i < connections; i++) start_request(&clients[i]);
  for (;;) {
    unsigned long long now = now_ns();
    if (now >= end) {
      int busy = 0;
      for (int i = 0; i < connections; i++) busy += clients[i].busy;
      if (!busy) break;
      if (now >= give_up) {
        errors += busy;
        break;
      }
    }
    struct epoll_event events[256];
    int ready = epoll_wait(poller, events, 256, 20);
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (client->file < 0) continue;
      if (events[i].events & EPOLLOUT && client->busy && client->sent < client->length) send_some(client);
      if (!(events[i].events & ~EPOLLOUT) || client->file < 0) continue;
      int received = recv(client->file, buffer, sizeof buffer, 0);
      if (received < 0 && errno == EAGAIN) continue;
      if (received <= 0) {
        if (client->busy && client->in_body && client->framing == UNTIL_CLOSE) {
          client->close_after = 0;
          finish_request(client);
        } else if (client->busy) {
          errors++;
        }
        reconnect(client);
      } else if (client->busy && read_answer(client, buffer, received)) {
        finish_request(client);
        last = now_ns();
      }
      if (!client->busy && now_ns() < end) start_request(client);
    }
  }
  double elapsed = last > begin ? (last - begin) / 1e9 : 1e-9;
  qsort(latencies, answered, sizeof *latencies, ascending);
  qsort(first_bytes, answered, sizeof *first_bytes, ascending);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf(
    "{\"ok\":%ld,\"err\":%ld,\"secs\":%.3f,\"rps\":%.1f,\"p50\":%u,\"p99\":%u,\"ttfb50\":%u,\"ttfb99\":%u,"
    "\"reconnects\":%ld,\"least_body\":%ld,\"most_body\":%ld,\"cpu_us\":%.0f,\"next_number\":%llu}\n",
    answered, errors, elapsed, answered / elapsed, quantile(latencies, .5), quantile(latencies, .99),
    quantile(first_bytes, .5), quantile(first_bytes, .99), reconnects, least_body, most_body,
    (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec, number);
  return 0;
}
