import RouterConfig
import Signals

/// Rule trees with every leaf resolved to its place among the declared signals, one node behind the other, each before
/// its children. Evaluating a tree compares no strings, allocates nothing and counts no references.
struct RuleProgram: Sendable {
  /// Every node is plain data; its texts are in ``texts`` at the same index.
  enum Node: Sendable {
    case always
    case leaf(RuleProbe)
    /// A leaf whose family or rule this build cannot read: it always counts as failed.
    case unavailable(matchesOnError: Bool)
    /// Children follow; the index behind the last of them.
    case and(end: Int)
    case or(end: Int)
    /// Its child follows.
    case not
  }

  private(set) var nodes: [Node] = []
  /// The leaf as the document has it, where the node is one.
  private(set) var texts: [RuleLeaf?] = []
  /// Where each tree begins.
  private(set) var roots: [Int] = []

  init(_ trees: [RuleNode], signals: SignalDeclarations) {
    for tree in trees {
      roots.append(nodes.count)
      append(tree, signals)
    }
  }

  private mutating func append(_ node: RuleNode, _ signals: SignalDeclarations) {
    let index = nodes.count
    nodes.append(.always)
    texts.append(nil)
    switch node {
    case .always: break
    case .leaf(let leaf):
      texts[index] = leaf
      nodes[index] =
        RuleProbe(leaf, signals: signals).map(Node.leaf) ?? .unavailable(matchesOnError: leaf.onError == .match)
    case .and(let children):
      for child in children { append(child, signals) }
      nodes[index] = .and(end: nodes.count)
    case .or(let children):
      for child in children { append(child, signals) }
      nodes[index] = .or(end: nodes.count)
    case .not(let child):
      append(child, signals)
      nodes[index] = .not
    }
  }

  /// The families that a tree's leaves read.
  func families(of tree: Int) -> Set<SignalFamily> {
    let end = tree + 1 < roots.count ? roots[tree + 1] : nodes.count
    return nodes[roots[tree]..<end].reduce(into: []) { families, node in
      if case .leaf(let probe) = node { families.insert(probe.family) }
    }
  }
}

/// A leaf: which reading of which family, and what is asked of it.
struct RuleProbe: Sendable {
  let family: SignalFamily
  let index: Int
  let predicate: NumericPredicate?
  let matchesOnError: Bool

  /// nil when this build reads no such family or the document declares no such rule.
  init?(_ leaf: RuleLeaf, signals: SignalDeclarations) {
    guard let family = SignalFamily(ruleType: leaf.type),
      let index = signals.names(of: family).firstIndex(of: leaf.name)
    else { return nil }
    self.family = family
    self.index = index
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
