import AdminAPI
import Foundation
import NIOPosix
import RouterConfig
import UserStore

/// Users: where they are kept, who may change them, and the writing of what is counted.
extension Server {
  /// Opens the file that the configuration names; nil when it names none.
  static func openUsers(_ gateway: GatewayLimits) throws -> UserStore? {
    guard let path = gateway.usersFile else { return nil }
    do throws(UserStoreError) {
      return try UserStore(path: path)
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  /// - Parameter management: where the management API listens.
  static func userAccess(_ gateway: GatewayLimits, management: Listener) throws -> UserAccess {
    guard let variable = gateway.usersTokenVariable else {
      let isLoopback =
        management.address.hasPrefix("127.") || ["::1", "localhost"].contains(management.address.lowercased())
      return isLoopback ? .open : .closed
    }
    guard let token = ProcessInfo.processInfo.environment[variable], !token.isEmpty else {
      throw CommandFailure(
        "the environment variable \(variable) is not set, which global.gateway.users.token_env names: set it to the token "
          + "of the users API")
    }
    return .token(.init(token))
  }

  /// Writes each second what was counted of users, until ``stopWritingUsers()``; on threads that may wait for the disk.
  func startWritingUsers() {
    guard let users else { return }
    userWriting = Task.detached(priority: .background) {
      var told: UserStoreError?
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        do {
          try await NIOThreadPool.singleton.runIfActive { try users.writeCounts() }
          told = nil
        } catch {
          let failure = error as? UserStoreError
          if let failure, failure != told { StandardError.write("\(failure); it is tried again each second") }
          told = failure
        }
      }
    }
  }

  /// Writes the rest.
  func stopWritingUsers() {
    userWriting?.cancel()
    do throws(UserStoreError) {
      try users?.writeCounts()
    } catch {
      StandardError.write("\(error); what was counted of users since is lost")
    }
  }
}
