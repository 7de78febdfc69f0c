/// Decides when the files of a TLS listener are read again, and when it is said that they are bad.
///
/// A certificate and its key are two files, so for a moment after one was replaced they do not belong together. A
/// failure is therefore said only when the next look finds the same files still failing, and then once.
struct TLSReload {
  private var known: [TLSFiles.Stamp?]
  private var failed: [TLSFiles.Stamp?]?
  private var hasSaid = false

  /// - Parameter known: the files in force.
  init(known: [TLSFiles.Stamp?]) { self.known = known }

  /// A look at the files.
  ///
  /// - Returns: whether they are to be read.
  mutating func wantsReading(_ stamps: [TLSFiles.Stamp?]) -> Bool {
    guard stamps != known else {
      // The old files are back.
      failed = nil
      hasSaid = false
      return false
    }
    // Those that failed as well: what is wrong, such as a file's owner, may be mended without another stamp.
    return true
  }

  /// The files with these stamps are in force now.
  mutating func succeeded(_ stamps: [TLSFiles.Stamp?]) {
    known = stamps
    failed = nil
    hasSaid = false
  }

  /// The files with these stamps cannot be used.
  ///
  /// - Returns: whether to say so.
  mutating func failed(_ stamps: [TLSFiles.Stamp?]) -> Bool {
    guard stamps == failed else {
      failed = stamps
      hasSaid = false
      return false
    }
    guard !hasSaid else { return false }
    hasSaid = true
    return true
  }
}
