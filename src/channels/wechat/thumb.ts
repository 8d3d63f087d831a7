// Shared by 公众号 and 小程序.

/**
 * A picture to show where the platform asks for one and we have none, as before a video: a light triangle on a dark
 * ground, 160 × 120, JPEG, our own.
 */
export const PLAIN_THUMB: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  [
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19i',
    'Z2hnPk1xeXBkeFxlZ2P/wAALCAB4AKABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF',
    'BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW',
    'V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi',
    '4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AOdooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo',
    'ooooooooooooooooooooooooooqSSCWOKKV0IjlBKN2bBwf1qOiiiiiiiiiiiiiiiiiiu/8AD0EV14XggnQPG4cMp7/OaxtZ8KSw',
    'lp9OBljJJMX8SDHb+9/Pp1rmaKKKKKKKKKKKKKKKKK9D8Lf8i9a/8D/9DNa1ZmraFaaou518qftKgGTxj5vUdPy6iuH1PSbvS5Nt',
    'xHlDjEqZKHPbPrweKo0UUUUUUUUUUUUUUV6H4W/5F61/4H/6Ga1qKZLFHPGY5o1kQ9VcZB/CvO9ah0yG5I02eSQZ5UjKryejd+3Y',
    '/Ws2iiiiiiiiiiiiiivQ/C3/ACL1r/wP/wBDNa1VNR1K10yESXUm3dnaoGWYj0H+RzXD6x4gutUzH/qbY4/dKc5I9T3/AJdPrWTR',
    'RRRRRRRRRRRRRRXoPhh1j8N27uwVVDksTgAbm5rP1nxYsRaDTcO4JDTMMqOP4fXnueOO+a5GWWSeQyTSNI56s5yT+NMooooooooo',
    'oooooooq1JqFy9jFZ+YVt4wRsU4DZbdk+vP8qq0UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU',
    'UUUUUUUUUUUUUUUUUUUUUUUUUUUUV//Z',
  ].join(''),
)
