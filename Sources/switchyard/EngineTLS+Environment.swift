import EngineClient
import Foundation

extension EngineTLS {
  /// With the further trust roots that `SSL_CERT_FILE` names.
  static var fromEnvironment: EngineTLS {
    EngineTLS(trustFile: ProcessInfo.processInfo.environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 })
  }
}
