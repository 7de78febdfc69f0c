import EngineClient
import NIOCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Why a connection could not be made") struct ConnectionFailureTests {
  @Test("what this process lacks is told apart from what engines do")
  func whose() {
    for code in [EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL] {
      #expect(ConnectionFailure.isOurs(IOError(errnoCode: code, reason: "connect")))
    }
    for code in [ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, ECONNRESET] {
      #expect(!ConnectionFailure.isOurs(IOError(errnoCode: code, reason: "connect")))
    }
    #expect(!ConnectionFailure.isOurs(ChannelError.connectTimeout(.seconds(1))))
  }
}
