import { describe, expect, it } from 'vitest'
import { sniff } from '#src/platform/sniff.ts'

const latin = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A ZIP that begins with entries of these names, each without content. */
function zip(...names: string[]): Buffer {
  return Buffer.concat(
    names.map((name) => Buffer.concat([latin('PK\x03\x04'), Buffer.alloc(26), latin(name)])),
  )
}

describe('sniff', () => {
  it.each([
    ['image/png', latin('\x89PNG\r\n\x1a\n\0\0')],
    ['image/jpeg', latin('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['image/gif', latin('GIF89a\x01\0')],
    ['image/webp', latin('RIFF\x24\0\0\0WEBPVP8 ')],
    ['image/bmp', latin('BM\x36\0\0\0\0\0\0\0\x36\0\0\0')],
    ['audio/amr', latin('#!AMR\n\x0c')],
    ['audio/amr-wb', latin('#!AMR-WB\n\x0c')],
    ['audio/silk', latin('\x02#!SILK_V3\x0c')],
    ['audio/silk', latin('#!SILK_V3\x0c')],
    ['audio/wav', latin('RIFF\x24\0\0\0WAVEfmt ')],
    ['audio/ogg', latin('OggS\0\x02')],
    ['audio/mpeg', latin('ID3\x03\0')],
    ['audio/mpeg', latin('\xff\xfb\x90\x64')],
    ['audio/aac', latin('\xff\xf1\x50\x80')],
    ['audio/mp4', latin('\0\0\0\x20ftypM4A \0\0')],
    ['video/mp4', latin('\0\0\0\x20ftypisom\0\0')],
    ['video/quicktime', latin('\0\0\0\x20ftypqt  \0\0')],
    ['application/pdf', latin('%PDF-1.7\n')],
    ['application/zip', zip('readme.txt')],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      zip('[Content_Types].xml', 'word/document.xml'),
    ],
    [
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      zip('_rels/.rels', 'xl/workbook.xml'),
    ],
    [
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
      zip('ppt/presentation.xml'),
    ],
    ['text/plain', Buffer.from('你好，订单号 123\n')],
    ['application/octet-stream', latin('\0\x01\x02\x03')],
    ['application/octet-stream', Buffer.alloc(0)],
  ])('knows %s', (type, head) => {
    expect(sniff(head).type).toBe(type)
  })

  it('takes a page or a drawing with scripts for plain text, whatever it is called', () => {
    expect(sniff(latin('<svg onload="alert(1)">'), 'cat.png').type).toBe('text/plain')
    expect(sniff(latin('<!doctype html><script>'), 'a.html').type).toBe('text/plain')
  })

  it('tells the old Office formats apart by their name alone', () => {
    const container = latin('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')
    expect(sniff(container, '报价.XLS').extension).toBe('xls')
    expect(sniff(container, 'plan.ppt').extension).toBe('ppt')
    expect(sniff(container).extension).toBe('doc')
  })

  it('does not mind a head that ends inside a character', () => {
    expect(sniff(Buffer.from('好好').subarray(0, 5)).type).toBe('text/plain')
  })
})
