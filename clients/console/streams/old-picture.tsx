// A picture of the camera as it was before its shape was set anew: no region is drawn on it, since it lies otherwise now.
import { Button } from '../components/button.js';
import { t } from '../i18n/i18n.js';

interface OldPictureProps {
  readonly picture: string;
  readonly isTrying: boolean;
  readonly onShow: () => void;
}

export function OldPicture({ picture, isTrying, onShow }: OldPictureProps) {
  return (
    <div class="stack streams-region-editor">
      <div class="streams-draw streams-draw-old">
        <img src={picture} alt={t('streams.picture_of')} draggable={false} />
      </div>
      <div class="row spread">
        <p aria-live="polite">{t('streams.picture_old')}</p>
        <Button icon="camera" busy={isTrying} onClick={onShow}>
          {t('streams.picture_show')}
        </Button>
      </div>
    </div>
  );
}
