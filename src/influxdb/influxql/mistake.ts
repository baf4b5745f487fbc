/** Ends the reading of a query; its message is InfluxDB's whole text. */
export class QueryMistake extends Error {}
