// What the page does by itself, beside htmx: quoting, clearing what was sent, playing voices.

/** Marks a line of a pane as the one that the next words there answer. */
function quote(bar, quotable) {
  unquote(bar)
  bar.elements.quote.value = quotable.dataset.quote
  bar.querySelector('.quoting').hidden = false
  bar.querySelector('.quoting span').textContent = `引用 ${quotable.dataset.words}`
  quotable.classList.add('quoted')
  bar.elements.text.focus()
}

function unquote(bar) {
  if (!bar.elements.quote) return
  bar.elements.quote.value = ''
  bar.querySelector('.quoting').hidden = true
  for (const one of bar.closest('.window').querySelectorAll('.quoted')) {
    one.classList.remove('quoted')
  }
}

function showFileName(input) {
  const words = input.closest('.attach')?.querySelector('span')
  if (words) words.textContent = input.files[0]?.name ?? ''
}

function play(button) {
  const audio = button.querySelector('audio')
  if (audio.paused) void audio.play()
  else audio.pause()
}

function fill(button) {
  const input = document.querySelector(`[id^="${button.dataset.fills}-text-"]`)
  input.value = button.dataset.text
  input.focus()
  button.closest('.toast').remove()
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (button?.matches('.quote-it')) {
    quote(button.closest('.window').querySelector('form.write'), button.closest('.quotable'))
  } else if (button?.matches('[data-unquote]')) unquote(button.form)
  else if (button?.matches('[data-plays]')) play(button)
  else if (button?.matches('[data-shuts]')) button.closest('.toast').remove()
  else if (button?.matches('[data-fills]')) fill(button)
  else if (!target.closest('button, a, form, label, audio, video')) {
    const quotable = target.closest('.quotable')
    const selecting = String(getSelection()) !== ''
    if (quotable && !selecting)
      quote(quotable.closest('.window').querySelector('form.write'), quotable)
  }
})

document.addEventListener('change', ({ target }) => {
  if (target.type === 'file') showFileName(target)
})

// A form is emptied only when what it held has been taken.
document.addEventListener('htmx:after:request', ({ target, detail }) => {
  if (!target.matches('[data-clears]') || !detail.ctx.response?.raw?.ok) return
  const mention = target.elements.atBot?.checked
  target.reset()
  if (mention === false) target.elements.atBot.checked = false
  unquote(target)
  for (const input of target.querySelectorAll('[type=file]')) showFileName(input)
})

// The playground was started anew: what this page shows is gone.
document.addEventListener('htmx:sse:error', ({ detail }) => {
  if (detail.status === 403 || detail.status === 404) location.reload()
})

// Media events do not bubble.
for (const type of ['loadedmetadata', 'play', 'pause', 'ended']) {
  document.addEventListener(
    type,
    ({ target }) => {
      const voice = target.closest?.('.voice')
      if (!voice) return
      if (Number.isFinite(target.duration)) {
        voice.querySelector('span').textContent = `${Math.max(1, Math.round(target.duration))}″`
      }
      voice.classList.toggle('playing', !target.paused && !target.ended)
    },
    true,
  )
}

document.addEventListener('animationend', ({ target }) => {
  if (target.matches('.toast')) target.remove()
})
