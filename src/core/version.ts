/** Version of the package; a test compares the two. */
export const VERSION = '0.1.0'

/** What clients of the API are told: the Kapacitor version whose behaviour it has, then ours. */
export const API_VERSION = `1.8.3+kapok.${VERSION}`
