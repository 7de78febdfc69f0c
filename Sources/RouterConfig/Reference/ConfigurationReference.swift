/// The reference of all configuration keys, made from the table that documents are checked with.
///
/// docs/configuration.md holds what ``markdown()`` returns; a test compares the two.
public enum ConfigurationReference {
  /// The reference in Markdown, with a newline at its end.
  public static func markdown() -> String {
    var text = introduction
    for section in sections {
      let keys = ConfigurationSchema.keys.filter { self.section(of: $0.path) == section.prefix }
      guard !keys.isEmpty else { continue }
      text += "\n## \(section.title)\n\n\(section.text)\n\n"
      text += "| Key | Value | Default | Meaning |\n|---|---|---|---|\n"
      for key in keys where isHonoured(key) { text += row(key) }
      let informative = keys.filter { $0.support == .informative }
      if !informative.isEmpty {
        text += "\nLoaded for people and other tools, without effect here:\n\n| Key | Meaning |\n|---|---|\n"
        for key in informative { text += "| `\(key.path)` | \(cell(key.meaning)) |\n" }
      }
      let later = keys.filter { if case .notYet = $0.support { true } else { false } }
      if !later.isEmpty {
        text += "\nLoaded, and named in a warning, but not acted upon yet:\n\n| Key | Meaning |\n|---|---|\n"
        for key in later { text += "| `\(key.path)` | \(cell(key.meaning)) |\n" }
      }
    }
    text += plugins + removed()
    return text
  }

  private static let introduction = """
    # Configuration

    <!-- Made by `switchyard config reference > docs/configuration.md`. Its source is Sources/RouterConfig/Schema. -->

    One YAML file configures the router. Its format is v0.3 of the vLLM Semantic Router's; files written for that load
    as they are, and so does a Helm values file that holds such a document under `config`. Files of the flat format
    before v0.3 are migrated in memory; `switchyard config migrate` writes them anew.

    `switchyard config check` reads a file without starting anything and prints every problem with its line and column.
    Keys outside the schema are warnings, and errors with `--strict`. References to names that are not declared, wrong
    types, words and numbers are errors always.

    On SIGHUP `switchyard serve` reads the file again; with a problem in it, the configuration in force stays. Changes
    of `listeners`, of the management API's address and of `global.gateway` wait for a restart.

    In texts, `$NAME` and `${NAME}` stand for environment variables, `${NAME:-text}` gives a text for when the variable
    is unset or empty, `${NAME-text}` for when it is unset, and `$$` is a dollar sign. A dollar sign before anything but
    a name stays as it is. A variable that is not set and has no default stands for nothing, with a warning.

    A duration is `60s`, `1m30s`, `250ms` or a bare number of seconds; a year stands for every longer one. A size is
    `64M`, `1.5G` or a bare number of bytes; `K`, `M`, `G` and `T` are powers of 1024.

    ## An example

    A gateway in front of two replicas, with TLS, a browser application, and its own ideas of time:

    ```yaml
    \(example)
    ```

    ## The tables

    In the tables, `[]` stands for each element of a list and `*` for any name. Required keys are marked **required**.

    """

  /// A document with the usual keys of a gateway; it loads without a warning where the certificate's files are there.
  static let example = """
    version: v0.3
    listeners:
      - name: https
        port: 8443
        tls: {cert_file: tls.crt, key_file: tls.key}         # read anew when the files change
        cors: {allow_origins: ["https://app.example.com"]}   # pages of this origin may ask
    providers:
      defaults:
        default_model: llama
        reliability: {total_timeout: 30m, retry_count: 1}       # for all models …
      models:
        - name: llama
          reliability: {idle_timeout: 30s, max_requests: 64}    # … and for this one besides
          balancing: {strategy: least-ttft}                     # which replica a request goes to
          backend_refs:
            - endpoint: 10.0.0.1:8000
            - endpoint: 10.0.0.2:8000
    routing: {}
    global:
      gateway: {max_requests: 2000, max_buffered_bytes: 512M, drain_timeout: 2m}
    """

  private static let sections: [(prefix: String, title: String, text: String)] = [
    ("", "Document", "The top of the file. It must have `routing` or `global`."),
    ("listeners", "Listeners", "Where clients connect, and what is special there. Without a listener it is port 8080."),
    ("providers", "Providers", "The physical models, the addresses of their replicas, and how each is told to reason."),
    (
      "providers.models[].reliability", "Reliability",
      "What a model's requests wait for, what is tried again, which replicas are passed over. The same keys under "
        + "`providers.defaults.reliability` hold for all models; a model's own key wins over the one there. Keys "
        + "that the semantic router writes for its Envoy, such as `consecutive_5xx`, mean the same here."
    ),
    (
      "providers.models[].balancing", "Balancing",
      "Which of a model's replicas a request goes to ([the strategies](balancing.md)). The same keys under "
        + "`providers.defaults.balancing` hold for all models; a model's own key wins over the one there."
    ),
    ("routing", "Routing", "The default recipe. `recipes[].routing` has the same keys except `modelCards`."),
    (
      "routing.signals", "Signals",
      "Rules that are read off a request. A condition of a decision refers to one by type and name. The type is the "
        + "key's singular: `keyword` for `keywords`, `domain` for `domains`; the other families have the same type and "
        + "key."
    ),
    (
      "routing.decisions", "Decisions",
      "A decision says what to do with requests that match its rules. `rules` is a condition (`type`, `name`) or an "
        + "`operator` over `conditions`, which nest."
    ),
    ("global", "Global", "What holds for all recipes."),
    ("global.gateway", "Gateway", "What the gateway takes on at most, whatever the model."),
  ]

  /// The longest prefix of a section that a path lies under.
  private static func section(of path: String) -> String {
    sections.map(\.prefix).filter { path.hasPrefix("\($0).") || path.hasPrefix("\($0)[") }
      .max { $0.count < $1.count } ?? ""
  }

  private static func isHonoured(_ key: ConfigurationKey) -> Bool { key.support == .honoured }

  private static func row(_ key: ConfigurationKey) -> String {
    let fallback =
      key.isRequired ? "**required**" : key.defaultValue.map { $0.contains("`") || $0.contains(" ") ? $0 : "`\($0)`" }
    return "| `\(key.path)` | \(cell(value(key.type))) | \(cell(fallback ?? "")) | \(cell(key.meaning)) |\n"
  }

  private static func cell(_ text: String) -> String { text.split(separator: "|").joined(separator: "\\|") }

  private static func value(_ type: ConfigurationKey.ValueType) -> String {
    switch type {
    case .text, .name: "text"
    case .secret: "secret"
    case .integer(let range): "whole number\(bounds(range.lowerBound, range.upperBound, .min, .max))"
    case .number(let range):
      "number\(bounds(range.lowerBound, range.upperBound, -.greatestFiniteMagnitude, .greatestFiniteMagnitude))"
    case .boolean: "true or false"
    case .choice(let words, _):
      words.count > 6
        ? "one of \(words.count) words"
        : words.filter { !$0.isEmpty }.map { "`\($0)`" }.joined(separator: ", ")
    case .duration: "duration"
    case .positiveDuration: "duration above 0"
    case .size: "size, such as `64M`"
    case .either(let words, let other): "\(value(other)), or \(words.map { "`\($0)`" }.joined(separator: ", "))"
    case .tokenCount: "tokens, such as `4K`"
    case .texts: "list of texts"
    case .textLists: "list of lists of texts"
    case .textMap: "texts by name"
    case .secretMap: "texts by name"
    case .object: "mapping"
    case .objects: "list"
    case .objectsByName: "mappings by name"
    case .textsOrObjectsByName: "texts or mappings by name"
    case .same(let path): "as `\(path)`"
    case .anything: "anything"
    }
  }

  private static func bounds<Bound: Comparable>(_ lower: Bound, _ upper: Bound, _ least: Bound, _ most: Bound) -> String
  {
    func short(_ bound: Bound) -> String {
      let text = "\(bound)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
    if lower == least { return "" }
    return upper == most ? ", \(short(lower)) or more" : ", \(short(lower)) to \(short(upper))"
  }

  private static let plugins = """

    ## Plugins and algorithms

    Plugins: \(ConfigurationSchema.pluginTypes.map { "`\($0)`" }.joined(separator: ", ")). Algorithms:
    \(ConfigurationSchema.algorithmTypes.map { "`\($0)`" }.joined(separator: ", ")). This version acts on
    `system_prompt`, `fast_response` and `static`; the others load, are named in a warning, and change nothing. `semantic-cache` is an older name of
    `response_cache`; hyphens in the names of plugins count as underscores.

    """

  private static func removed() -> String {
    var text = """

      ## Keys of earlier formats

      These are errors, with the way out:

      | Key | Instead |
      |---|---|

      """
    for (path, wayOut) in ConfigurationSchema.removedKeys.sorted(by: { $0.key < $1.key }) {
      text += "| `\(path)` | \(wayOut) |\n"
    }
    return text
  }
}
