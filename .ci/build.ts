/**
 * Makes dist/, which is published: the sources as JavaScript, and beside them the files that they read. Whoever
 * installs Jieli as a package cannot run TypeScript, which Node refuses inside node_modules.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const FOLDERS = ['src', 'handlers', 'cards', 'config']
/** For people who read the sources. */
const LEFT_OUT = /\.(?:ts|md)$|[\\/]screenshot\.png$/

const root = path.join(import.meta.dirname, '..')
const dist = path.join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
compile()
for (const folder of FOLDERS) copyBesides(folder)
writeFileSync(path.join(dist, 'package.json'), packageOfDist())
makeExecutable(path.join(dist, 'src', 'main.js'))

function compile(): void {
  const project = path.join(root, 'tsconfig.build.json')
  const { status } = spawnSync('tsc', ['--project', project], { stdio: 'inherit', cwd: root })
  if (status !== 0) throw new Error(`tsc ended with ${status}`)
}

/** Migrations, the card template, page assets, samples. */
function copyBesides(folder: string): void {
  const filter = (file: string): boolean => !LEFT_OUT.test(file)
  cpSync(path.join(root, folder), path.join(dist, folder), { recursive: true, filter })
}

/** `#src/main.ts` in the sources is src/main.js here. */
function packageOfDist(): string {
  const imports = Object.fromEntries(
    FOLDERS.map((folder) => [`#${folder}/*.ts`, `./${folder}/*.js`]),
  )
  return `${JSON.stringify({ type: 'module', imports }, undefined, 2)}\n`
}

/** npm links the command to this file and makes it executable. */
function makeExecutable(file: string): void {
  writeFileSync(file, `#!/usr/bin/env node\n${readFileSync(file, 'utf8')}`)
}
