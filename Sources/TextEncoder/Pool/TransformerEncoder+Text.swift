extension TransformerEncoder {
  /// Reads a text: tokens, windows, a pass a window, one vector for all.
  ///
  /// Runs on the calling thread; its time is bounded by the options' budgets.
  ///
  /// - Parameters:
  ///   - text: UTF-8; malformed bytes are tolerated.
  ///   - isOver: asked before each further window; true ends the reading early.
  /// - Returns: nil if `isOver` said so.
  public func encode(
    _ text: UnsafeRawBufferPointer, _ options: EncodingOptions, _ workspace: EncoderWorkspace,
    isOver: () -> Bool = { false }
  ) -> EncodedText? {
    let special = tokenizer.prefix.count + tokenizer.suffix.count
    let window = max(1, min(options.window, workspace.capacity) - special)
    let overlap = min(max(options.overlap, 0), window - 1)
    var result = EncodedText()
    result.tokens = tokenizer.tokenize(text, limit: max(options.tokenBudget, 1))
    let plan = WindowPlan(
      tokens: result.tokens.count, window: window, stride: window - overlap, budget: max(options.windowBudget, 1))
    result.windows = plan.windows
    var sum = [Float](repeating: 0, count: configuration.width)
    var count = 0
    for (index, range) in plan.windows.enumerated() {
      if isOver() { return nil }
      let ids = tokenizer.prefix + result.tokens.ids[range] + tokenizer.suffix
      guard !ids.isEmpty else { continue }
      run(ids, capturing: options.capturedLayer, workspace)
      count += addVectors(rows: ids.count, to: &sum, workspace)
      let own = ownTokens(index, plan.windows)
      let rows = own.lowerBound - range.lowerBound + tokenizer.prefix.count
      result.ownTokens += own
      if let layer = options.capturedLayer {
        let source: VectorSource = layer == configuration.layers ? .last : .captured
        result.captured += vectors(rows..<rows + own.count, source, workspace)
      }
      let probabilities = probabilities(rows: ids.count, workspace)
      result.probabilities += scoresTokens ? Array(probabilities[rows..<rows + own.count]) : probabilities
    }
    result.embedding = finished(sum, count: count)
    return result
  }

  /// The tokens of a window that are nearer to its middle than to its neighbours'.
  private func ownTokens(_ index: Int, _ windows: [Range<Int>]) -> Range<Int> {
    let window = windows[index]
    var start = window.lowerBound
    var end = window.upperBound
    if index > 0, windows[index - 1].upperBound > start { start = (start + windows[index - 1].upperBound) / 2 }
    if index + 1 < windows.count, windows[index + 1].lowerBound < end {
      end = (windows[index + 1].lowerBound + end) / 2
    }
    return start..<max(start, end)
  }
}
