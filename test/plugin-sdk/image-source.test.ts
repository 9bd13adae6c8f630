import { expect, test } from 'vitest'
import { imageSource } from '@plugboard/sdk'

test.each([
  [{ data: 'AAAA' }, { data: 'AAAA', mediaType: 'image/png' }],
  [
    { data: 'AAAA', mimeType: 'image/webp' },
    { data: 'AAAA', mediaType: 'image/webp' },
  ],
  [{ url: 'data:image/gif;base64,BBBB' }, { data: 'BBBB', mediaType: 'image/gif' }],
  [
    { url: 'data:image/gif;name=a;base64,BBBB', mimeType: 'image/png' },
    { data: 'BBBB', mediaType: 'image/gif' },
  ],
  [{ url: 'data:;base64,BBBB' }, { data: 'BBBB', mediaType: 'image/png' }],
  [
    { url: 'data:image/svg+xml,%3Csvg/%3E' },
    { data: undefined, url: 'data:image/svg+xml,%3Csvg/%3E', mediaType: undefined },
  ],
  [{ url: 'https://a.test/b.png' }, { data: undefined, url: 'https://a.test/b.png', mediaType: undefined }],
  [
    { url: 'https://a.test/b', mimeType: 'image/jpeg' },
    { data: undefined, url: 'https://a.test/b', mediaType: 'image/jpeg' },
  ],
])('finds the bytes or the address of the image %j', (image, source) => {
  expect(imageSource({ type: 'image', ...image })).toEqual(source)
})
