/// BM25 scores of keywords for a text: each keyword is a document, the text is the query (Robertson and Zaragoza, 2009).
///
///     score(keyword) = Σ over its stems in the text: idf × tf × (k1 + 1) ÷ (tf + k1 × (1 − b + b × length ÷ mean))
///     idf(stem) = ln(1 + (N − n + 0.5) ÷ (n + 0.5)),  k1 = 1.2, b = 0.75
///
/// N keywords, n of them with the stem, tf times in this one. A keyword of one word among others that do not share it,
/// when its stem is in the text: N = 1: 0.29; 2: 0.69; 5: 1.39; 10: 1.99.
struct KeywordRanking: Sendable {
  private static let k1 = 1.2
  private static let b = 0.75

  private let terms: [[UInt8]: Int]
  /// Term → the keywords that hold it, each with what the term adds to its score.
  private let postings: [[(keyword: Int, score: Double)]]
  private let keywordCount: Int
  private let isCaseSensitive: Bool

  init(keywords: [String], isCaseSensitive: Bool) {
    self.isCaseSensitive = isCaseSensitive
    keywordCount = keywords.count
    var terms: [[UInt8]: Int] = [:]
    var documents: [[Int: Int]] = []
    for keyword in keywords {
      var counts: [Int: Int] = [:]
      let words = Words(Array(keyword.utf8), isCaseSensitive: isCaseSensitive)
      let all = words.ranges.map { Array(words.text[$0]) }
      // "the price of gold" must not score on every text with a "the"; a keyword of nothing else keeps its words.
      let telling = all.filter { !EnglishStemmer.stopWords.contains($0) }
      for word in telling.isEmpty ? all : telling {
        let stem = EnglishStemmer.stem(word)
        let term = terms[stem] ?? terms.count
        terms[stem] = term
        counts[term, default: 0] += 1
      }
      documents.append(counts)
    }
    let lengths = documents.map { $0.values.reduce(0, +) }
    let mean = max(Double(lengths.reduce(0, +)) / Double(max(documents.count, 1)), 1)
    var holders = [Int](repeating: 0, count: terms.count)
    for document in documents { for term in document.keys { holders[term] += 1 } }
    var postings = [[(keyword: Int, score: Double)]](repeating: [], count: terms.count)
    for (keyword, document) in documents.enumerated() {
      for (term, count) in document {
        let frequency = Double(count)
        let held = Double(holders[term])
        let idf = RealFunctions.log(1 + (Double(documents.count) - held + 0.5) / (held + 0.5))
        let length = 1 - Self.b + Self.b * Double(lengths[keyword]) / mean
        postings[term].append((keyword, idf * frequency * (Self.k1 + 1) / (frequency + Self.k1 * length)))
      }
    }
    self.terms = terms
    self.postings = postings
  }

  /// One score a keyword.
  func scores(for words: Words) -> [Double] {
    var scores = [Double](repeating: 0, count: keywordCount)
    var seen = [Bool](repeating: false, count: postings.count)
    for range in words.ranges {
      guard let term = terms[EnglishStemmer.stem(Array(words.text[range]))], !seen[term] else { continue }
      seen[term] = true
      for posting in postings[term] { scores[posting.keyword] += posting.score }
    }
    return scores
  }
}
