/// Whole JSON texts.
public enum JSONText {
  /// Checks that the bytes are exactly one JSON value with nothing but white space around it.
  ///
  /// - Throws: the first fault, with its place.
  public static func validate(
    _ bytes: UnsafeRawBufferPointer, depthLimit: Int = JSONCursor.defaultDepthLimit
  ) throws(JSONError) {
    var cursor = JSONCursor(bytes, depthLimit: depthLimit)
    try cursor.skipValue()
    try cursor.finish()
  }

  /// Checks that the bytes are exactly one JSON value with nothing but white space around it.
  ///
  /// - Throws: the first fault, with its place.
  public static func validate(
    _ bytes: [UInt8], depthLimit: Int = JSONCursor.defaultDepthLimit
  ) throws(JSONError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
      try validate(UnsafeRawBufferPointer(buffer), depthLimit: depthLimit)
    }
  }
}
