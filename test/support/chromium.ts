import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createBrotliDecompress } from 'node:zlib'
import { type Browser, chromium } from 'playwright-core'

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const pack = join(modules, '@sparticuz/chromium')

/**
 * Starts the headless Chromium that comes as an npm package, with a Chinese font that does too. Nothing is downloaded
 * and nothing of the machine is needed beside glibc, `tar` and, where a test saves pictures, a place to put them.
 */
export async function launchChromium(): Promise<Browser> {
  const home = await unpackChromium()
  return chromium.launch({
    executablePath: join(home, 'chromium'),
    // Machines that test are often containers, run as root.
    args: ['--no-sandbox', '--no-zygote', '--disable-dev-shm-usage', '--font-render-hinting=none'],
    env: {
      ...process.env,
      // NSS and expat, which a bare Debian lacks.
      LD_LIBRARY_PATH: join(home, 'al2023/lib'),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
    },
  })
}

/** The unpacked browser, kept beside the packages: one folder per version, made whole or not at all. */
async function unpackChromium(): Promise<string> {
  const about: unknown = JSON.parse(await readFile(join(pack, 'package.json'), 'utf8'))
  const version = isVersioned(about) ? about.version : 'unknown'
  const home = join(modules, '.cache', `chromium-${version}`)
  if (existsSync(home)) return home
  await mkdir(dirname(home), { recursive: true })
  const fresh = await mkdtemp(`${home}-`)
  await Promise.all([
    unbrotli('chromium.br', createWriteStream(join(fresh, 'chromium'), { mode: 0o700 })),
    untar('al2023.tar.br', join(fresh, 'al2023')),
    writeFile(join(fresh, 'fonts.conf'), fontsConf(home)),
  ])
  // Another test file may have been quicker.
  await rename(fresh, home).catch(() => rm(fresh, { recursive: true, force: true }))
  return home
}

function isVersioned(about: unknown): about is { version: string } {
  return typeof about === 'object' && about !== null && 'version' in about
}

function unbrotli(name: string, target: NodeJS.WritableStream): Promise<void> {
  return pipeline(createReadStream(join(pack, 'bin', name)), createBrotliDecompress(), target)
}

async function untar(name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  // From a file: tar stops reading at the archive's end and would break the pipe before its padding is through.
  const archive = join(folder, 'unpacking.tar')
  await unbrotli(name, createWriteStream(archive))
  const tar = spawn('tar', ['-x', '-f', archive, '-C', folder], { stdio: 'inherit' })
  const code = await new Promise<number | null>((resolve, reject) => {
    tar.once('error', reject)
    tar.once('close', resolve)
  })
  if (code !== 0) throw new Error(`tar could not unpack ${name}`)
  await rm(archive)
}

function fontsConf(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(modules, '@embedpdf/fonts-sc/fonts')}</dir>
  <cachedir>${join(home, 'fonts-cache')}</cachedir>
</fontconfig>
`
}
