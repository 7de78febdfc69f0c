import RouterConfig
import Signals

/// A rule tree with every leaf resolved to its place among the declared signals, so that evaluating it compares no
/// strings and allocates nothing.
indirect enum CompiledRule: Sendable {
  case always
  case leaf(CompiledLeaf)
  /// A leaf whose family or rule this build cannot read: it always counts as failed.
  case unavailable(RuleLeaf)
  case and([CompiledRule])
  case or([CompiledRule])
  case not(CompiledRule)

  init(_ node: RuleNode, signals: SignalDeclarations) {
    switch node {
    case .always: self = .always
    case .leaf(let leaf):
      if let compiled = CompiledLeaf(leaf, signals: signals) {
        self = .leaf(compiled)
      } else {
        self = .unavailable(leaf)
      }
    case .and(let children): self = .and(children.map { CompiledRule($0, signals: signals) })
    case .or(let children): self = .or(children.map { CompiledRule($0, signals: signals) })
    case .not(let child): self = .not(CompiledRule(child, signals: signals))
    }
  }

  /// The families that this tree's leaves read.
  var families: Set<SignalFamily> {
    switch self {
    case .always, .unavailable: []
    case .leaf(let leaf): [leaf.family]
    case .and(let children), .or(let children):
      children.reduce(into: []) { $0.formUnion($1.families) }
    case .not(let child): child.families
    }
  }
}

/// A leaf: which reading of which family, and what is asked of it.
///
/// A reference, so that passing over it copies none of its texts.
final class CompiledLeaf: Sendable {
  let family: SignalFamily
  let index: Int
  let leaf: RuleLeaf
  let predicate: NumericPredicate?
  let matchesOnError: Bool

  init?(_ leaf: RuleLeaf, signals: SignalDeclarations) {
    guard let family = SignalFamily(ruleType: leaf.type),
      let index = signals.names(of: family).firstIndex(of: leaf.name)
    else { return nil }
    self.family = family
    self.index = index
    self.leaf = leaf
    predicate = leaf.predicate
    matchesOnError = leaf.onError == .match
  }
}

extension SignalDeclarations {
  /// Names of a family's rules, in the order of the document: the order of ``FamilyReading/readings``.
  public func names(of family: SignalFamily) -> [String] {
    switch family {
    case .metadata: metadata.map(\.name)
    case .conversation: conversation.map(\.name)
    case .context: context.map(\.name)
    case .keyword: keywords.map(\.name)
    case .structure: structure.map(\.name)
    case .language: language.map(\.name)
    case .domain: domains.map(\.name)
    case .jailbreak: jailbreak.map(\.name)
    case .pii: pii.map(\.name)
    case .embedding: embeddings.map(\.name)
    }
  }
}
