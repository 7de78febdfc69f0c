/// A body, and what it is read as.
struct Seed {
  var bytes: [UInt8]
  var isForm: Bool
}
