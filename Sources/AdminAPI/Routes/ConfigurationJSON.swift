import Explanation
import Yams

/// The written configuration as JSON.
enum ConfigurationJSON {
  /// The same tree, keys in their order; scalars have the types that YAML gives them.
  ///
  /// - Parameter yaml: as the configuration's writer prints it, so without aliases and of bounded depth.
  static func node(ofYAML yaml: String) throws(AdminError) -> JSONNode {
    do {
      guard let root = try Yams.compose(yaml: yaml) else { return .object([]) }
      return node(root)
    } catch {
      throw AdminError(
        status: 500, code: "CONFIG_ERROR", message: "the configuration cannot be shown as JSON: \(error)")
    }
  }

  private static func node(_ node: Node) -> JSONNode {
    switch node {
    case .scalar(let scalar): self.scalar(node, scalar.string)
    case .sequence(let sequence): .array(sequence.map(self.node))
    case .mapping(let mapping): .object(mapping.map { ($0.key.string ?? "", self.node($0.value)) })
    case .alias: .null
    }
  }

  private static func scalar(_ node: Node, _ text: String) -> JSONNode {
    switch node.tag.rawValue {
    case Tag.Name.null.rawValue: .null
    case Tag.Name.bool.rawValue: node.bool.map(JSONNode.boolean) ?? .string(text)
    case Tag.Name.int.rawValue: node.int.map(JSONNode.integer) ?? .string(text)
    case Tag.Name.float.rawValue: node.float.map(JSONNode.number) ?? .string(text)
    default: .string(text)
    }
  }
}
