extension TransformerEncoder {
  /// Reads a text: tokens, windows, a pass a window, one vector for all.
  ///
  /// Runs on the calling thread; its time is bounded by the options' budgets. Windows are read in ``WindowPlan/order``, so that
  /// a reading that is cut short has seen the text's start, its end and what lies between, as far as it came.
  ///
  /// - Parameters:
  ///   - text: UTF-8; malformed bytes are tolerated.
  ///   - isOver: asked before each window; true ends the reading early.
  /// - Returns: nil if `isOver` said so before the first window; later, what the windows read by then give.
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
    result.plannedWindows = plan.windows.count
    var sum = [Float](repeating: 0, count: configuration.width)
    var count = 0
    var parts = [Part?](repeating: nil, count: plan.windows.count)
    for index in plan.order {
      if isOver() {
        if index == plan.order[0] { return nil }
        break
      }
      let range = plan.windows[index]
      let ids = tokenizer.prefix + result.tokens.ids[range] + tokenizer.suffix
      var part = Part(own: ownTokens(index, plan.windows))
      if !ids.isEmpty {
        run(ids, capturing: options.capturedLayer, workspace)
        var vectors = [Float](repeating: 0, count: configuration.width)
        let rowCount = addVectors(rows: ids.count, to: &vectors, workspace)
        for place in sum.indices { sum[place] += vectors[place] }
        count += rowCount
        part.embedding = finished(vectors, count: rowCount)
        let start = part.own.lowerBound - range.lowerBound + tokenizer.prefix.count
        let rows = start..<start + part.own.count
        if let layer = options.capturedLayer {
          part.captured = self.vectors(rows, layer == configuration.layers ? .last : .captured, workspace)
        }
        let probabilities = probabilities(rows: ids.count, workspace)
        part.probabilities = scoresTokens ? Array(probabilities[rows]) : probabilities
      }
      parts[index] = part
    }
    for (index, part) in parts.enumerated() {
      guard let part else { continue }
      result.windows.append(plan.windows[index])
      result.windowEmbeddings.append(part.embedding)
      result.ownTokens += part.own
      result.captured += part.captured
      result.probabilities += part.probabilities
    }
    result.embedding = finished(sum, count: count)
    return result
  }

  /// What one window gave.
  private struct Part {
    var own: Range<Int>
    var embedding: [Float] = []
    var captured: [Float] = []
    var probabilities: [[Float]] = []
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
