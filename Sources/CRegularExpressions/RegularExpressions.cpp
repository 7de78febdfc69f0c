// The C face of RE2; see the header. No exception leaves a function here: RE2 throws none, and a failed allocation ends
// the process as it does in Swift.
#include "CRegularExpressions.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

struct regular_expression {
  RE2 pattern;
  regular_expression(const re2::StringPiece &text, const RE2::Options &options) : pattern(text, options) {}
};

struct regular_expression_set {
  RE2::Set patterns;
  explicit regular_expression_set(const RE2::Options &options) : patterns(options, RE2::UNANCHORED) {}
};

namespace {

RE2::Options quiet_options(bool ignore_case, int64_t memory) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(memory);
  return options;
}

void write_error(const std::string &reason, char *error, size_t capacity) {
  if (error == nullptr || capacity == 0) return;
  const size_t length = std::min(reason.size(), capacity - 1);
  std::memcpy(error, reason.data(), length);
  error[length] = '\0';
}

re2::StringPiece view(const void *text, size_t length) {
  return re2::StringPiece(length == 0 ? "" : static_cast<const char *>(text), length);
}

// Length of the UTF-8 sequence at `at`; 1 for a stray byte.
size_t scalar_length(const re2::StringPiece &text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t wanted = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (at + wanted > text.size()) return 1;
  for (size_t index = 1; index < wanted; index++) {
    if ((static_cast<unsigned char>(text[at + index]) & 0xC0) != 0x80) return 1;
  }
  return wanted;
}

}  // namespace

regular_expression *regular_expression_create(
    const char *pattern, size_t length, bool ignore_case, int64_t memory, char *error, size_t error_capacity) {
  auto *expression = new regular_expression(view(pattern, length), quiet_options(ignore_case, memory));
  if (expression->pattern.ok()) return expression;
  write_error(expression->pattern.error(), error, error_capacity);
  delete expression;
  return nullptr;
}

void regular_expression_destroy(regular_expression *expression) { delete expression; }

bool regular_expression_matches(const regular_expression *expression, const uint8_t *text, size_t length) {
  return expression->pattern.Match(view(text, length), 0, length, RE2::UNANCHORED, nullptr, 0);
}

bool regular_expression_find(
    const regular_expression *expression, const uint8_t *text, size_t length, size_t from, size_t *match_start,
    size_t *match_end) {
  if (from > length) return false;
  const re2::StringPiece whole = view(text, length);
  re2::StringPiece found;
  if (!expression->pattern.Match(whole, from, length, RE2::UNANCHORED, &found, 1)) return false;
  *match_start = static_cast<size_t>(found.data() - whole.data());
  *match_end = *match_start + found.size();
  return true;
}

size_t regular_expression_count(
    const regular_expression *expression, const uint8_t *text, size_t length, size_t limit) {
  const re2::StringPiece whole = view(text, length);
  size_t count = 0, from = 0, start = 0, end = 0;
  bool has_previous = false;
  size_t previous_end = 0;
  while (count < limit && from <= length && regular_expression_find(expression, text, length, from, &start, &end)) {
    if (end > start || !has_previous || start != previous_end) count++;
    has_previous = true;
    previous_end = end;
    if (end > start) {
      from = end;
    } else if (start < length) {
      from = start + scalar_length(whole, start);
    } else {
      break;
    }
  }
  return count;
}

regular_expression_set *regular_expression_set_create(int64_t memory) {
  return new regular_expression_set(quiet_options(false, memory));
}

void regular_expression_set_destroy(regular_expression_set *set) { delete set; }

int regular_expression_set_add(
    regular_expression_set *set, const char *pattern, size_t length, char *error, size_t error_capacity) {
  std::string reason;
  const int index = set->patterns.Add(view(pattern, length), &reason);
  if (index < 0) write_error(reason, error, error_capacity);
  return index;
}

bool regular_expression_set_seal(regular_expression_set *set) { return set->patterns.Compile(); }

int regular_expression_set_match(
    const regular_expression_set *set, const uint8_t *text, size_t length, int *indices, size_t capacity) {
  std::vector<int> found;
  RE2::Set::ErrorInfo error{RE2::Set::kNoError};
  if (!set->patterns.Match(view(text, length), &found, &error)) {
    return error.kind == RE2::Set::kNoError ? 0 : -1;
  }
  const size_t written = std::min(found.size(), capacity);
  if (written > 0) std::memcpy(indices, found.data(), written * sizeof(int));
  return static_cast<int>(found.size());
}
