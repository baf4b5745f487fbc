import { Forecast, forecasting } from './forecasting.ts'

class HoltWinters extends Forecast {
  protected override readonly withFit = false
}

export default forecasting('holtWinters', 'Forecast by the method of Holt and Winters.', HoltWinters, [
  {
    script: "stream|from()|window().period(5s).every(5s).align()|holtWinters('v', 2, 0, 1s)|count('holtWinters')",
    input: 'm v=1 0s\nm v=2 1s\nm v=3 2s\nm v=4 3s\nm v=5 6s',
    output: 'm count=2i 5s'
  }
])
