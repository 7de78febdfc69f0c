// The stub engine: answers chat requests at once, with a JSON answer or with events when the body says "stream": true.
// One thread, epoll, keep-alive. It also answers what routers ask of an engine before they use it.
//
//   stub [EVENTS] [INTERVAL_US]
//
// Listens on a port of 127.0.0.1 that the kernel chooses and prints it. A stream has EVENTS chunks (default 64), sent
// together, or one each INTERVAL_US.
#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_FILES = 65536, FIRST_CAPACITY = 16 << 10, LEAST_ROOM = 8 << 10 };

struct connection {
  int file;
  char *in;  // what was received and not yet answered; one byte more than its capacity, for a NUL
  int in_length, in_capacity;
  char *out;  // what the socket did not take
  int out_begin, out_end, out_capacity;
  int streaming, next_event;
  unsigned long long due;  // of the next event, nanoseconds
  struct connection *next, *previous;  // among those that stream
};

struct text {
  char bytes[4096];
  int length;
};

static int poller, events_per_stream = 64;
static unsigned long long interval_ns;
static struct connection *connections[MOST_FILES], streams;
static struct text answer, first_event, middle_event, last_event;

/// Makes an answer with a JSON body.
static void make_answer(struct text *text, const char *body) {
  text->length = snprintf(text->bytes, sizeof text->bytes,
                          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                          strlen(body), body);
}

/// Makes a chunk with an event of the given delta; `before` goes before the chunk, `after` into and behind it.
static void make_event(struct text *text, const char *before, const char *delta, const char *finish, const char *more,
                       const char *end) {
  char event[1024];
  int length = snprintf(event, sizeof event,
                        "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\"created\":"
                        "1763820000,\"model\":\"stub\",\"choices\":[{\"index\":0,\"delta\":{%s},"
                        "\"finish_reason\":%s}]%s\n\n",
                        delta, finish, more);
  text->length = snprintf(text->bytes, sizeof text->bytes, "%s%x\r\n%s\r\n%s", before, length, event, end);
}

static void make_texts(void) {
  char content[700] = "", body[1400];
  while (strlen(content) < 600) strcat(content, "lorem ipsum dolor sit amet ");
  snprintf(body, sizeof body,
           "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion\",\"created\":1763820000,"
           "\"model\":\"stub\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\","
           "\"refusal\":null,\"tool_calls\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
           "\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":120,\"total_tokens\":320,"
           "\"prompt_tokens_details\":{\"cached_tokens\":0}},"
           "\"system_fingerprint\":\"fp_stub\"}",
           content);
  make_answer(&answer, body);
  make_event(&first_event,
             "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
             "transfer-encoding: chunked\r\n\r\n",
             "\"role\":\"assistant\",\"content\":\"\"", "null", "}", "");
  make_event(&middle_event, "", "\"content\":\"lorem \"", "null", "}", "");
  make_event(&last_event, "", "", "\"stop\"",
             ",\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":64,\"total_tokens\":264}}\n\ndata: [DONE]",
             "0\r\n\r\n");
}

static void watch(struct connection *connection, int change, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = connection->file};
  epoll_ctl(poller, change, connection->file, &event);
}

static void end_stream(struct connection *connection) {
  connection->previous->next = connection->next;
  if (connection->next) connection->next->previous = connection->previous;
  connection->streaming = 0;
}

static void end_connection(struct connection *connection) {
  if (connection->streaming) end_stream(connection);
  connections[connection->file] = NULL;
  close(connection->file);
  free(connection->in);
  free(connection->out);
  free(connection);
}

/// Sends, or keeps what the socket does not take. Returns 0, or -1 when the connection is gone.
static int send_text(struct connection *connection, const struct text *text) {
  const char *bytes = text->bytes;
  int length = text->length;
  if (connection->out_begin == connection->out_end) {
    int sent = send(connection->file, bytes, length, MSG_NOSIGNAL);
    if (sent == length) return 0;
    if (sent < 0 && errno != EAGAIN) return -1;
    if (sent > 0) {
      bytes += sent;
      length -= sent;
    }
    connection->out_begin = connection->out_end = 0;
  }
  if (connection->out_end + length > connection->out_capacity) {
    connection->out_capacity = (connection->out_end + length) * 2;
    connection->out = realloc(connection->out, connection->out_capacity);
  }
  memcpy(connection->out + connection->out_end, bytes, length);
  connection->out_end += length;
  watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  return 0;
}

static int send_rest(struct connection *connection) {
  int sent = send(connection->file, connection->out + connection->out_begin,
                  connection->out_end - connection->out_begin, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN ? 0 : -1;
  connection->out_begin += sent;
  if (connection->out_begin == connection->out_end) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
  return 0;
}

static int send_json(struct connection *connection, const char *body) {
  struct text text;
  make_answer(&text, body);
  return send_text(connection, &text);
}

/// The text of event `index` of a stream.
static const struct text *event_at(int index) {
  if (index == 0) return &first_event;
  return index < events_per_stream - 1 ? &middle_event : &last_event;
}

/// Answers a request; `line` is its request line. Returns 0, or -1 when the connection is gone.
static int answer_request(struct connection *connection, const char *line, char *body, int body_length) {
  if (strstr(line, "/completions")) {
    char saved = body[body_length];
    body[body_length] = 0;
    const char *stream = strstr(body, "\"stream\"");
    if (stream) stream += strspn(stream + 8, " :") + 8;
    int streams_answer = stream && !strncmp(stream, "true", 4);
    body[body_length] = saved;
    if (!streams_answer) return send_text(connection, &answer);
    if (interval_ns) {
      connection->streaming = 1;
      connection->next_event = 0;
      connection->due = now_ns();
      connection->next = streams.next;
      connection->previous = &streams;
      if (streams.next) streams.next->previous = connection;
      streams.next = connection;
      return 0;
    }
    for (int i = 0; i < events_per_stream; i++)
      if (send_text(connection, event_at(i))) return -1;
    return 0;
  }
  if (strstr(line, "/v1/models"))
    return send_json(connection,
                     "{\"object\":\"list\",\"data\":[{\"id\":\"stub\",\"object\":\"model\",\"created\":1763820000,"
                     "\"owned_by\":\"stub\",\"root\":\"stub\",\"parent\":null,\"max_model_len\":32768}]}");
  if (strstr(line, "server_info"))
    return send_json(connection, "{\"served_model_name\":\"stub\",\"model_id\":\"stub\",\"dp_size\":1,\"tp_size\":1,"
                                 "\"version\":\"0.5.0\"}");
  if (strstr(line, "model_info"))
    return send_json(connection, "{\"served_model_name\":\"stub\",\"is_generation\":true}");
  if (strstr(line, "/loads") || strstr(line, "/get_load")) return send_json(connection, "{\"loads\":[]}");
  return send_json(connection, "{\"status\":\"ok\",\"version\":\"0.11.0\"}");
}

/// Answers every whole request that was received. Returns 0, or -1 when the connection is gone.
static int answer_requests(struct connection *connection) {
  while (!connection->streaming) {
    connection->in[connection->in_length] = 0;
    char *end = memmem(connection->in, connection->in_length, "\r\n\r\n", 4);
    if (!end) return 0;
    int head = end + 4 - connection->in, body = 0, whole;
    *end = 0;
    char *value = header_value(connection->in, "\r\ncontent-length:");
    if (value) body = atoi(value);
    value = header_value(connection->in, "\r\ntransfer-encoding:");
    int chunked = value && !strncasecmp(value, "chunked", 7);
    value = header_value(connection->in, "\r\nexpect:");
    int asks = value && connection->in_length == head;
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(connection->in, "\r"), connection->in);
    *end = '\r';
    if (asks) {
      static const struct text go_on = {"HTTP/1.1 100 Continue\r\n\r\n", 25};
      if (send_text(connection, &go_on)) return -1;
    }
    if (chunked) {
      char *last = memmem(connection->in + head, connection->in_length - head, "0\r\n\r\n", 5);
      if (!last) return 0;
      whole = last + 5 - connection->in;
      body = whole - head;
    } else {
      whole = head + body;
    }
    if (connection->in_length < whole) return 0;
    if (answer_request(connection, line, connection->in + head, body)) return -1;
    memmove(connection->in, connection->in + whole, connection->in_length - whole);
    connection->in_length -= whole;
  }
  return 0;
}

static int receive(struct connection *connection) {
  if (connection->in_capacity - connection->in_length < LEAST_ROOM) {
    connection->in_capacity *= 2;
    connection->in = realloc(connection->in, connection->in_capacity + 1);
  }
  int received = recv(connection->file, connection->in + connection->in_length,
                      connection->in_capacity - connection->in_length, 0);
  if (received < 0 && errno == EAGAIN) return 0;
  if (received <= 0) return -1;
  connection->in_length += received;
  return answer_requests(connection);
}

static void accept_all(int listener) {
  int one = 1;
  for (;;) {
    int file = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (file < 0) return;
    if (file >= MOST_FILES) {
      close(file);
      continue;
    }
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *connection = calloc(1, sizeof *connection);
    connection->file = file;
    connection->in_capacity = FIRST_CAPACITY;
    connection->in = malloc(FIRST_CAPACITY + 1);
    connections[file] = connection;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  }
}

/// Sends every event that is due.
static void send_due_events(void) {
  unsigned long long now = now_ns();
  for (struct connection *connection = streams.next, *next; connection; connection = next) {
    next = connection->next;
    int gone = 0;
    while (!gone && connection->due <= now && connection->next_event < events_per_stream) {
      gone = send_text(connection, event_at(connection->next_event++));
      connection->due += interval_ns;
    }
    if (!gone && connection->next_event == events_per_stream) {
      end_stream(connection);
      gone = answer_requests(connection);
    }
    if (gone) end_connection(connection);
  }
}

/// Milliseconds until the next event is due; -1 when none is.
static int milliseconds_to_event(void) {
  if (!streams.next) return -1;
  unsigned long long now = now_ns(), earliest = ~0ull;
  for (struct connection *connection = streams.next; connection; connection = connection->next)
    if (connection->due < earliest) earliest = connection->due;
  return earliest > now ? (int)((earliest - now + 999999) / 1000000) : 0;
}

int main(int count, char **arguments) {
  if (count > 1) events_per_stream = atoi(arguments[1]);
  if (count > 2) interval_ns = strtoull(arguments[2], NULL, 10) * 1000;
  if (events_per_stream < 2) {
    fprintf(stderr, "usage: stub [EVENTS] [INTERVAL_US]; EVENTS is at least 2\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  make_texts();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096) ||
      getsockname(listener, (struct sockaddr *)&address, &length)) {
    perror("stub: listening on 127.0.0.1");
    return 1;
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event accepts = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &accepts);
  for (;;) {
    struct epoll_event events[512];
    int ready = epoll_wait(poller, events, 512, milliseconds_to_event());
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd == listener) {
        accept_all(listener);
        continue;
      }
      struct connection *connection = connections[events[i].data.fd];
      if (!connection) continue;
      int gone = events[i].events & EPOLLOUT ? send_rest(connection) : 0;
      if (!gone && events[i].events & ~EPOLLOUT) gone = receive(connection);
      if (gone) end_connection(connection);
    }
    if (streams.next) send_due_events();
  }
}
