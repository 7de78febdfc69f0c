// RE2 for Swift: compile a pattern, match it, count and locate its matches, and match many patterns in one pass.
//
// Plain C on this side, so that importing it needs no C++ interoperability. RE2 rather than a backtracking engine: its
// time is linear in the text whatever the pattern, which is what running patterns of a document on texts of strangers
// asks for. Objects are immutable once made and may be used from any number of threads at once (RE2 locks the automaton
// that it builds lazily); a free must come after the last use.
#ifndef SWITCHYARD_CREGULAREXPRESSIONS_H
#define SWITCHYARD_CREGULAREXPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct regular_expression regular_expression;
typedef struct regular_expression_set regular_expression_set;

// Compiles a UTF-8 pattern. `memory` bounds the bytes of the program and its automata (RE2's max_mem).
// On a syntax error: NULL, and `error` (if it has room) holds the reason as a C string, cut to fit.
regular_expression *_Nullable regular_expression_create(
    const char *_Nullable pattern, size_t length, bool ignore_case, int64_t memory, char *_Nullable error,
    size_t error_capacity);

void regular_expression_destroy(regular_expression *_Nullable expression);

// Whether the pattern matches anywhere in the text.
bool regular_expression_matches(
    const regular_expression *_Nonnull expression, const uint8_t *_Nullable text, size_t length);

// Finds the first match that starts at `from` or later; `^` and `\b` see the whole text. False: none.
bool regular_expression_find(
    const regular_expression *_Nonnull expression, const uint8_t *_Nullable text, size_t length, size_t from,
    size_t *_Nonnull match_start, size_t *_Nonnull match_end);

// Non-overlapping matches from the left, at most `limit`. An empty match counts, except right behind another match.
size_t regular_expression_count(
    const regular_expression *_Nonnull expression, const uint8_t *_Nullable text, size_t length, size_t limit);

// An empty set; add patterns, seal it, then match. The options hold for all of its patterns.
regular_expression_set *_Nullable regular_expression_set_create(int64_t memory);

void regular_expression_set_destroy(regular_expression_set *_Nullable set);

// The index that the pattern got (0, 1, 2 …), or -1 on a syntax error, with the reason in `error`.
int regular_expression_set_add(
    regular_expression_set *_Nonnull set, const char *_Nullable pattern, size_t length, char *_Nullable error,
    size_t error_capacity);

// Closes the set for additions. False: its program would not fit the memory bound.
bool regular_expression_set_seal(regular_expression_set *_Nonnull set);

// Writes the indices of the patterns that match anywhere in the text, unordered, as many as fit `capacity`.
// Returns how many match, or -1 when the set ran out of its memory bound (its patterns can still be matched singly).
int regular_expression_set_match(
    const regular_expression_set *_Nonnull set, const uint8_t *_Nullable text, size_t length, int *_Nullable indices,
    size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
