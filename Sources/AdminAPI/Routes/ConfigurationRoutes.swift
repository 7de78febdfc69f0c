import Explanation
import RouterConfig

/// What the router was told: its document, as loaded, with references in place of secrets.
enum ConfigurationRoutes {
  static let routes = [
    AdminRoute(
      method: "GET", path: "/config/router",
      summary: "The configuration in force without its secrets, as JSON, or as YAML when asked for application/yaml",
      place: .ownThread, respond: configuration),
    AdminRoute(
      method: "GET", path: "/info/classifier", summary: "The classifier in use, and the configuration in force",
      place: .ownThread, respond: classifier),
  ]

  private static func configuration(
    _ request: AdminRequest, _ context: AdminContext
  ) throws(AdminError) -> AdminResponse {
    let document = context.snapshot().router.document
    let yaml = ConfigurationWriter.write(document)
    let headers =
      document.documentHash.isEmpty ? [] : [HeaderField(name: "etag", value: "\"\(document.documentHash)\"")]
    if request.accept.lowercased().contains("yaml") {
      return AdminResponse(contentType: "application/yaml", headers: headers, body: Array(yaml.utf8))
    }
    return .json(try ConfigurationJSON.node(ofYAML: yaml), headers: headers)
  }

  private static func classifier(_ request: AdminRequest, _ context: AdminContext) throws(AdminError) -> AdminResponse {
    let snapshot = context.snapshot()
    let document = snapshot.router.document
    let domain = snapshot.models.domain
    return .json(
      .object([
        ("status", .string("config_loaded")),
        ("config", try ConfigurationJSON.node(ofYAML: ConfigurationWriter.write(document))),
        (
          "classifier",
          .object([
            ("name", .string(domain.name)), ("labels", .strings(domain.labels)),
          ])
        ),
      ]))
  }
}
