/*
 * Publishes three numbers, 50 times a second, as docs/wire.md says. Needs libzmq (Debian: libzmq3-dev).
 *
 *     cc publisher.c -lzmq -lm -o publisher && ./publisher tcp://127.0.0.1:5560 desk imu [FRAMES]
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define RATE 50

/* msgpack, as far as headers need it; sizes are checked nowhere but where they come from outside. */
static uint8_t header[512];
static size_t used;

static void put_big_endian(uint64_t value, int bytes) {
  while (bytes-- > 0) header[used++] = (uint8_t)(value >> (8 * bytes));
}
static void put_text(const char *text) {
  size_t length = strlen(text);
  header[used++] = 0xd9;
  header[used++] = (uint8_t)length;
  memcpy(header + used, text, length);
  used += length;
}
static void put_number(uint64_t value) {
  header[used++] = 0xcf;
  put_big_endian(value, 8);
}
static void put_list(int length) { header[used++] = (uint8_t)(0x90 | length); }
static void begin(int entries, const char *kind, const char *stream, uint64_t epoch) {
  used = 0;
  header[used++] = (uint8_t)(0x80 | entries);
  put_text("v"), put_number(1);
  put_text("kind"), put_text(kind);
  put_text("stream"), put_text(stream);
  put_text("epoch"), put_number(epoch);
}

static uint64_t now(void) { /* microseconds since the Unix epoch */
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void push(void *socket, const char *topic, const void *payload, size_t size) {
  if (zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) < 0 ||
      zmq_send(socket, header, used, ZMQ_SNDMORE) < 0 || zmq_send(socket, payload, size, 0) < 0) {
    fprintf(stderr, "publisher: %s\n", zmq_strerror(zmq_errno()));
    exit(1);
  }
}

int main(int count, char **words) {
  if (count < 4 || strlen(words[2]) > 64 || strlen(words[3]) > 64) {
    fprintf(stderr, "publisher: expected ADDRESS SITE STREAM [FRAMES]\n");
    return 2;
  }
  long frames = count > 4 ? atol(words[4]) : -1;
  char topic[132];
  snprintf(topic, sizeof topic, "%s/%s/", words[2], words[3]);
  void *context = zmq_ctx_new();
  void *socket = zmq_socket(context, ZMQ_PUSH);
  int linger = 500;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  if (zmq_connect(socket, words[1]) != 0) {
    fprintf(stderr, "publisher: expected an address like tcp://127.0.0.1:5560, got %s\n", words[1]);
    return 1;
  }
  uint64_t start = now(), epoch = start / 1000, at = start;
  for (long sequence = 0; sequence != frames; sequence++) {
    at = start + (uint64_t)sequence * 1000000 / RATE;
    for (uint64_t time = now(); time < at; time = now()) {
      struct timespec rest = {0, (long)(at - time) * 1000};
      nanosleep(&rest, NULL);
    }
    float values[3]; /* little endian, as on every machine that this is likely to run on */
    for (int i = 0; i < 3; i++) values[i] = (float)sin(6.283185307 * (sequence / (double)RATE) + i);
    begin(8, "data", words[3], epoch);
    put_text("sequence"), put_number((uint64_t)sequence);
    put_text("times"), put_list(1), put_number(at);
    put_text("dtype"), put_text("f32");
    put_text("shape"), put_list(1), put_number(3);
    push(socket, topic, values, sizeof values);
  }
  begin(5, "bye", words[3], epoch);
  put_text("until"), put_number(at + 1);
  push(socket, topic, "", 0);
  zmq_close(socket);
  zmq_ctx_term(context);
  return 0;
}
