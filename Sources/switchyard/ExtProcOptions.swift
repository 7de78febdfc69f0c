import ArgumentParser
import ExtProc
import Fleet
import RouterConfig

/// The options of `switchyard serve` that make it an external processor of Envoy's.
struct ExtProcOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Serve Envoy's external processing (gRPC) here: HOST:PORT, or :PORT for all addresses.",
      discussion: "The gateway then listens only where --listen says.", valueName: "host:port"))
  var extProc: String?
  @Option(help: "What the external processor decides: model, replica or both (default: model).")
  var decide: ProcessorRole?
  @Option(
    help: ArgumentHelp(
      "The field from which Envoy's ORIGINAL_DST cluster takes the replica's address (with --decide replica or both; default: \(ExtProcSettings.defaultDestinationHeader)).",
      valueName: "name"))
  var destinationHeader: String?
  @Option(
    help: ArgumentHelp(
      "The external processor's certificate, PEM; without it Envoy speaks clear text.", valueName: "file"))
  var extProcCert: String?
  @Option(help: ArgumentHelp("The certificate's private key, PEM.", valueName: "file")) var extProcKey: String?
  @Option(help: ArgumentHelp("Roots, PEM: Envoy must show a certificate that they verify (mTLS).", valueName: "file"))
  var extProcClientCa: String?

  /// The listener; nil where none is asked for.
  func listener() throws -> Listener? {
    guard let extProc else { return nil }
    var listener = try Serve.listener(extProc, option: "--ext-proc")
    listener = Listener(name: "ext-proc", address: listener.address, port: listener.port, tls: tls)
    return listener
  }

  private var tls: ListenerTLS? {
    guard let extProcCert, let extProcKey else { return nil }
    return ListenerTLS(
      certificateFile: extProcCert, keyFile: extProcKey, clientCAFile: extProcClientCa, applicationProtocols: ["h2"])
  }

  var settings: ExtProcSettings {
    ExtProcSettings(
      role: decide ?? .model, destinationHeader: destinationHeader ?? ExtProcSettings.defaultDestinationHeader)
  }

  func validate() throws {
    guard (extProcCert == nil) == (extProcKey == nil), extProcClientCa == nil || extProcCert != nil else {
      throw ValidationError("Give --ext-proc-cert and --ext-proc-key together; --ext-proc-client-ca needs both.")
    }
    guard destinationHeader.map({ HeaderLines.canHold(name: $0, value: "") }) ?? true else {
      throw ValidationError("--destination-header must be the name of a header field.")
    }
    let alone = [
      ("--decide", decide != nil), ("--destination-header", destinationHeader != nil),
      ("--ext-proc-cert", extProcCert != nil),
    ]
    if extProc == nil, let option = alone.first(where: { $0.1 })?.0 {
      throw ValidationError("\(option) is for Envoy's external processing: give --ext-proc HOST:PORT too.")
    }
  }
}

extension ProcessorRole: ExpressibleByArgument {}
