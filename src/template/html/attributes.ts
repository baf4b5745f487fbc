/** What the value of an attribute is. `unsafe` ones change how the rest is read, so no name may be made of a value. */
export type AttributeType = 'plain' | 'unsafe' | 'url' | 'css' | 'js' | 'html' | 'srcset'

const TYPES: readonly (readonly [AttributeType, string])[] = [
  [
    'plain',
    'accept alt autocomplete autofocus autoplay border checked class cols colspan contenteditable contextmenu ' +
      'controls coords datetime default dir dirname disabled draggable dropzone for formtarget headers height hidden ' +
      'high hreflang id ismap kind label lang list loop low max maxlength media mediagroup min multiple name open ' +
      'optimum placeholder preload pubdate radiogroup readonly required reversed rows rowspan spellcheck scope ' +
      'scoped seamless selected shape size sizes span srclang start step tabindex target title width wrap'
  ],
  [
    'unsafe',
    'accept-charset async challenge charset content crossorigin defer enctype form formenctype formmethod ' +
      'formnovalidate http-equiv keytype language method novalidate pattern rel sandbox type value'
  ],
  [
    'url',
    'action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src ' +
      'usemap xmlns'
  ],
  ['css', 'style'],
  ['html', 'srcdoc'],
  ['srcset', 'srcset']
]

const BY_NAME: ReadonlyMap<string, AttributeType> = new Map(
  TYPES.flatMap(([type, names]) => names.split(' ').map((name) => [name, type] as const))
)

/** @param name In lower case. A prefix (`data-`, `svg:`) does not change what an attribute is. */
export function attributeType(name: string): AttributeType {
  if (name.startsWith('xmlns:')) return 'url'
  const bare = name.startsWith('data-') ? name.slice(5) : name.slice(name.indexOf(':') + 1)
  const known = BY_NAME.get(bare)
  if (known !== undefined) return known
  if (bare.startsWith('on')) return 'js'
  return /src|uri|url/.test(bare) ? 'url' : 'plain'
}
