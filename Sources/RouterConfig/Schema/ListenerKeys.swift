extension ConfigurationSchema {
  /// The keys of an element of `listeners`.
  static let listenerKeys: [ConfigurationKey] = [
    .init("listeners[].name", .name, default: "`listener-N`", "A name for logs and metrics."),
    .init("listeners[].address", .name, default: "0.0.0.0", "The IP address or host name to bind."),
    .init(
      "listeners[].port", .integer(0...65535), required: true, "The port to bind; 0 takes a free one."),
    .init(
      "listeners[].timeout", .either(["none"], or: .duration), default: "none",
      "Longest time for a whole request, such as `60s` or `1m30s`; `0` and `none` set no limit."),
    .init(
      "listeners[].trust_forwarded", .boolean, default: "false",
      "Whether the client's `forwarded` and `x-forwarded-*` headers are kept and added to, as behind another proxy; "
        + "else they are replaced or left out, as `x-real-ip` is."),
    .init("listeners[].tls", .object, "Speaks TLS; without it the listener speaks clear text."),
    .init(
      "listeners[].tls.cert_file", .name, required: true,
      "The certificate and those between it and its root, PEM. Relative paths begin at the document's folder."),
    .init("listeners[].tls.key_file", .name, required: true, "The certificate's private key, PEM."),
    .init(
      "listeners[].tls.client_ca_file", .name, "The roots that clients' certificates are verified with, PEM."),
    .init(
      "listeners[].tls.client_auth",
      .choice(ListenerTLS.ClientAuthentication.allCases.map(\.rawValue), ignoringCase: false),
      default: "`require` with a `client_ca_file`, else `none`",
      "Whether clients must show a certificate: `require`, `optional` (a certificate that is shown must be good) or "
        + "`none`."),
    .init(
      "listeners[].tls.min_version", .choice(ListenerTLS.Version.allCases.map(\.rawValue), ignoringCase: false),
      default: "1.2", "The oldest version of TLS that clients may speak."),
    .init(
      "listeners[].tls.alpn", .texts, default: "`h2`, `http/1.1`",
      "The protocols offered to clients, the most wanted first; an empty list offers none."),
    .init(
      "listeners[].cors", .object,
      "Lets pages of other origins use the listener from browsers; without it no CORS headers are written."),
    .init(
      "listeners[].cors.allow_origins", .texts, required: true,
      "The origins, such as `https://app.example.com`; `\"*\"`, in quotes, is every one."),
    .init("listeners[].cors.allow_methods", .texts, default: "`GET`, `POST`, `OPTIONS`", "The methods they may use."),
    .init(
      "listeners[].cors.allow_headers", .texts, default: "`*`", "The headers they may send; `\"*\"` is every one."),
    .init(
      "listeners[].cors.expose_headers", .texts, default: "`*`",
      "The headers of answers that they may read; `\"*\"` is every one."),
    .init(
      "listeners[].cors.allow_credentials", .boolean, default: "false",
      "Whether they may send cookies and certificates; not together with the origin `\"*\"`."),
    .init(
      "listeners[].cors.max_age", .duration, default: "10m", "How long browsers may keep the answer to a preflight."),
  ]
}
