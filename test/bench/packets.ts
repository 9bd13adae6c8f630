const PACKET_BYTES = 1_400

/** Cuts a stream as a network does: anywhere, also within a character. */
export const packetsOf = (stream: Buffer): readonly Buffer[] =>
  Array.from({ length: Math.ceil(stream.length / PACKET_BYTES) }, (_, index) =>
    stream.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES),
  )
