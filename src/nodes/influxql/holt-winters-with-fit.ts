import { Forecast, forecasting } from './forecasting.ts'

class HoltWintersWithFit extends Forecast {
  protected override readonly withFit = true
}

export default forecasting(
  'holtWintersWithFit',
  'Forecast by the method of Holt and Winters, after the fit to the values themselves.',
  HoltWintersWithFit,
  [
    {
      script:
        "stream|from()|window().period(5s).every(5s).align()|holtWintersWithFit('v', 2, 0, 1s)|count('holtWinters')",
      input: 'm v=1 0s\nm v=2 1s\nm v=3 2s\nm v=4 3s\nm v=5 6s',
      output: 'm count=6i 5s'
    }
  ]
)
