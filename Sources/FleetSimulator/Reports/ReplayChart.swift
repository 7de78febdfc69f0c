/// Replays as a drawing: the mean time to first token of each minute, one line a strategy.
public enum ReplayChart {
  /// Lines that are drawn at most: as many as there are colours that can be told apart.
  public static let maximumLines = 8

  private static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#666666",
  ]

  /// A whole SVG document, 960 × 420, readable on white. The first ``maximumLines`` results are drawn.
  ///
  /// - Parameter title: text, not markup.
  public static func svg(_ results: [ReplayResult], title: String) -> String {
    let results = results.prefix(maximumLines)
    let width = 960.0
    let height = 420.0
    let left = 60.0
    let top = 40.0
    let plotWidth = width - left - 220
    let plotHeight = height - top - 50
    let series = results.map(\.meanOverTime)
    let minutes = max(2, series.map(\.count).max() ?? 2)
    let highest = max(0.001, series.joined().compactMap { $0 }.max() ?? 1)
    let step = niceStep(highest / 5)
    let ceiling = (highest / step).rounded(.up) * step
    func x(_ minute: Int) -> String {
      ReplayTable.fixed(left + plotWidth * Double(minute) / Double(minutes - 1), 1)
    }
    func y(_ seconds: Double) -> String { ReplayTable.fixed(top + plotHeight * (1 - seconds / ceiling), 1) }

    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 420" font-family="sans-serif" font-size="12">
      <rect width="960" height="420" fill="#ffffff"/>
      <text x="\(left)" y="22" font-size="15">\(escaped(title))</text>

      """
    var tick = 0.0
    while tick <= ceiling * 1.000_1 {
      svg +=
        "<line x1=\"\(left)\" x2=\"\(left + plotWidth)\" y1=\"\(y(tick))\" y2=\"\(y(tick))\" stroke=\"#dddddd\"/>\n"
      svg +=
        "<text x=\"\(left - 6)\" y=\"\(y(tick))\" text-anchor=\"end\" dy=\"4\">"
        + "\(ReplayTable.fixed(tick, step < 1 ? 2 : 0)) s</text>\n"
      tick += step
    }
    let minuteStep = max(1, (minutes + 9) / 10)
    for minute in stride(from: 0, to: minutes, by: minuteStep) {
      svg += "<text x=\"\(x(minute))\" y=\"\(top + plotHeight + 18)\" text-anchor=\"middle\">\(minute) min</text>\n"
    }
    for (line, result) in results.enumerated() {
      let colour = colours[line]
      var points = ""
      for (minute, mean) in series[line].enumerated() {
        guard let mean else { continue }
        points += (points.isEmpty ? "" : " ") + "\(x(minute)),\(y(mean))"
      }
      svg += "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>\n"
      let row = top + 10 + 20 * Double(line)
      svg += "<rect x=\"\(left + plotWidth + 14)\" y=\"\(row - 9)\" width=\"14\" height=\"4\" fill=\"\(colour)\"/>\n"
      svg +=
        "<text x=\"\(left + plotWidth + 34)\" y=\"\(row)\">\(escaped(result.strategy)): "
        + "\(ReplayTable.fixed(result.meanTimeToFirstToken, 2)) s</text>\n"
    }
    return svg + "</svg>\n"
  }

  /// The next of 1, 2, 5 times a power of ten.
  private static func niceStep(_ rough: Double) -> Double {
    var power = 1.0
    while power > rough { power /= 10 }
    while power * 10 <= rough { power *= 10 }
    for factor in [1.0, 2, 5] where factor * power >= rough { return factor * power }
    return 10 * power
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
