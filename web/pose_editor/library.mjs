// The pose library: poses of the action book with small pictures (training/action_book/presets.py makes both files).
const TILE = 80 // pixels, as editor.css shows them

/** A panel of pictures; `choose(preset)` gets { name, pose: 22 axis-angles, hands }. Loads its data when first shown. */
export class Library {
  constructor(parent, texts, choose) {
    this.choose = choose
    this.panel = document.createElement('div')
    this.panel.className = 'pas-library'
    this.panel.hidden = true
    this.search = document.createElement('input')
    Object.assign(this.search, { className: 'pas-search', type: 'search', placeholder: texts.search })
    this.search.addEventListener('input', () => this.filter())
    this.tiles = document.createElement('div')
    this.tiles.className = 'pas-tiles'
    this.tiles.addEventListener('wheel', (event) => event.stopPropagation())
    this.panel.append(this.search, this.tiles)
    parent.append(this.panel)
  }

  get shown() {
    return !this.panel.hidden
  }

  async show(shown) {
    this.panel.hidden = !shown
    if (!shown) return
    this.presets ??= await this.load()
    this.search.focus()
  }

  async load() {
    const answer = await fetch(new URL('./presets.json', import.meta.url))
    if (!answer.ok) throw new Error(`presets.json: ${answer.status}`)
    const { columns, presets } = await answer.json()
    presets.forEach(({ name, pose, hands }, index) => {
      const button = document.createElement('button')
      const picture = document.createElement('i')
      picture.style.backgroundSize = `${TILE * columns}px auto`
      picture.style.backgroundPosition = `${-TILE * (index % columns)}px ${-TILE * Math.floor(index / columns)}px`
      button.append(picture, name)
      button.title = name
      button.addEventListener('click', () => {
        const rotvecs = Array.from({ length: 22 }, (_, joint) => pose.slice(3 * joint, 3 * joint + 3))
        this.choose({ name, pose: rotvecs, hands })
      })
      this.tiles.append(button)
    })
    return presets
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/)
    for (const button of this.tiles.children) {
      button.style.display = words.every((word) => button.title.includes(word)) ? '' : 'none'
    }
  }
}
