/// Values of flags whose features this build has not got. They are kept only so that they can be checked.
struct UnsupportedSettings: Sendable, Equatable {
  var zmqMaxConnectAttempts = 0
  var tokenizersCacheDirectory = ""
  var datasetPath = ""
  var datasetURL = ""
  var datasetInMemory = false
  var datasetTableName = "llmd"
  var renderURL = ""
  var renderTimeoutMilliseconds = 30_000.0
  var multimodalRenderTimeoutMilliseconds = 60_000.0
  var forcesDummyTokenizer = false
  var encoderOnly = false
  var omni = false
  var imageEmissionRate = 0
  var imageTime = LatencyDistribution()
}
