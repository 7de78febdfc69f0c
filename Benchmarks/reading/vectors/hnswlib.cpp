// The yardstick: hnswlib on the vectors that `bench-vectors make` wrote, on one core.
//
//   hnswlib VECTORS [CONSTRUCTION_EF]
//
// VECTORS: four 32-bit numbers (width, entries, queries, neighbours a query), then rows of 32-bit floats: the entries, the
// queries; then the nearest of each query among all entries and among those whose number does not leave 0 to 2 when it
// is divided by 10, as 32-bit numbers of entries.

#include <hnswlib/hnswlib.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

static double seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

template <typename Value>
static std::vector<Value> take(FILE *file, size_t count) {
  std::vector<Value> values(count);
  if (fread(values.data(), sizeof(Value), count, file) != count) {
    fprintf(stderr, "hnswlib: the file of vectors is too short\n");
    exit(1);
  }
  return values;
}

static void search(
    hnswlib::HierarchicalNSW<float> &index, const std::vector<float> &queries, const std::vector<uint32_t> &nearest,
    size_t width, size_t neighbours, const char *what) {
  size_t count = queries.size() / width;
  for (size_t ef : {16, 24, 32, 48, 64, 96, 128, 192, 256, 384}) {
    index.setEf(ef);
    size_t found = 0;
    double start = seconds();
    for (size_t q = 0; q < count; q++) {
      auto results = index.searchKnn(queries.data() + q * width, neighbours);
      for (; !results.empty(); results.pop())
        for (size_t i = 0; i < neighbours; i++) found += nearest[q * neighbours + i] == results.top().second;
    }
    printf(
        "hnswlib %s ef %zu: recall %.4f, %.1f us a query\n", what, ef,
        static_cast<double>(found) / static_cast<double>(count * neighbours), (seconds() - start) / count * 1e6);
  }
  fflush(stdout);
}

int main(int count, char **arguments) {
  FILE *file = count > 1 ? fopen(arguments[1], "rb") : nullptr;
  if (!file) {
    fprintf(stderr, "usage: hnswlib VECTORS [CONSTRUCTION_EF]\n");
    return 1;
  }
  std::vector<uint32_t> shape = take<uint32_t>(file, 4);
  size_t width = shape[0], entries = shape[1];
  std::vector<float> rows = take<float>(file, width * entries);
  std::vector<float> queries = take<float>(file, width * shape[2]);
  std::vector<uint32_t> nearest = take<uint32_t>(file, size_t(shape[2]) * shape[3]);
  std::vector<uint32_t> nearest_left = take<uint32_t>(file, size_t(shape[2]) * shape[3]);
  hnswlib::InnerProductSpace space(width);
  hnswlib::HierarchicalNSW<float> index(&space, entries, 16, count > 2 ? atoi(arguments[2]) : 100);
  double start = seconds();
  for (size_t i = 0; i < entries; i++) index.addPoint(rows.data() + i * width, i);
  printf("hnswlib: %zu entries, %.1f us an insertion\n", entries, (seconds() - start) / entries * 1e6);
  search(index, queries, nearest, width, shape[3], "whole");
  for (size_t i = 0; i < entries; i++)
    if (i % 10 < 3) index.markDelete(i);
  search(index, queries, nearest_left, width, shape[3], "30 % deleted");
}
